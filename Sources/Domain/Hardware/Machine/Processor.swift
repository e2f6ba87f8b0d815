/// What computes where no accelerator does.
public struct Processor: Sendable, Equatable {
    /// "AMD EPYC 9654 96-Core Processor".
    public var model: String?
    /// "x86_64", "aarch64".
    public var architecture: String?
    /// What matters to llama.cpp, in the order of `ProcessorFeature`.
    public var features: [ProcessorFeature]
    public var sockets: Int?
    /// Physical cores that are online.
    public var cores: Int?
    /// Hardware threads that are online.
    public var threads: Int?
    /// Whether cores run several threads now.
    public var hasSMT: Bool?
    /// From the smallest level to the largest.
    public var caches: [Cache]

    public init(
        model: String? = nil, architecture: String? = nil, features: [ProcessorFeature] = [], sockets: Int? = nil,
        cores: Int? = nil, threads: Int? = nil, hasSMT: Bool? = nil, caches: [Cache] = []
    ) {
        self.model = model
        self.architecture = architecture
        self.features = features
        self.sockets = sockets
        self.cores = cores
        self.threads = threads
        self.hasSMT = hasSMT
        self.caches = caches
    }

    /// All caches of one level and kind.
    public struct Cache: Sendable, Equatable {
        public enum Kind: String, Sendable { case data, instruction, unified }
        public var level: Int
        public var kind: Kind
        /// Of one of them.
        public var bytes: UInt64
        /// How many the machine has.
        public var count: Int

        public init(level: Int, kind: Kind, bytes: UInt64, count: Int) {
            self.level = level
            self.kind = kind
            self.bytes = bytes
            self.count = count
        }
    }

    /// Bytes of the largest level of cache, all of its parts together; `nil` when unknown.
    public var lastCacheBytes: UInt64? {
        guard let last = caches.filter({ $0.kind != .instruction }).max(by: { $0.level < $1.level }) else { return nil }
        return last.bytes.multipliedReportingOverflow(by: UInt64(max(1, last.count))).partialValue
    }
}

/// Instructions for which llama.cpp has kernels of their own. Raw values are the words of `llama_print_system_info`.
public enum ProcessorFeature: String, Sendable, CaseIterable {
    case sse3 = "SSE3"
    case ssse3 = "SSSE3"
    case avx = "AVX"
    case avx2 = "AVX2"
    case fma = "FMA"
    case f16c = "F16C"
    case bmi2 = "BMI2"
    case avxVNNI = "AVX_VNNI"
    case avx512 = "AVX512"
    case avx512VBMI = "AVX512_VBMI"
    case avx512VNNI = "AVX512_VNNI"
    case avx512BF16 = "AVX512_BF16"
    case avx512FP16 = "AVX512_FP16"
    case amxInt8 = "AMX_INT8"
    case amxBF16 = "AMX_BF16"
    case neon = "NEON"
    case fp16 = "FP16_VA"
    case dotProduct = "DOTPROD"
    case int8Matrix = "MATMUL_INT8"
    case bf16 = "BF16"
    case sve = "SVE"
    case sve2 = "SVE2"
    case sme = "SME"
    case riscvVector = "RISCV_V"
    case vsx = "VSX"
    case vxe = "VXE"

    /// The features that the kernel's words stand for, in the order of the cases.
    ///
    /// - Parameter flags: the words after `flags`, `Features` or of the vector extensions, in any order.
    /// - Returns: each once.
    public static func of(_ flags: Set<String>) -> [ProcessorFeature] {
        allCases.filter { $0.flags.allSatisfy(flags.contains) }
    }

    /// What the kernel must list for it. Sources: Linux `arch/x86/include/asm/cpufeatures.h` and
    /// `arch/arm64/kernel/cpuinfo.c`; what belongs to AVX512 is what ggml's `GGML_NATIVE` build asks for.
    private var flags: [String] {
        switch self {
        case .sse3: ["pni"]
        case .ssse3: ["ssse3"]
        case .avx: ["avx"]
        case .avx2: ["avx2"]
        case .fma: ["fma"]
        case .f16c: ["f16c"]
        case .bmi2: ["bmi2"]
        case .avxVNNI: ["avx_vnni"]
        case .avx512: ["avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"]
        case .avx512VBMI: ["avx512vbmi"]
        case .avx512VNNI: ["avx512_vnni"]
        case .avx512BF16: ["avx512_bf16"]
        case .avx512FP16: ["avx512_fp16"]
        case .amxInt8: ["amx_tile", "amx_int8"]
        case .amxBF16: ["amx_tile", "amx_bf16"]
        case .neon: ["asimd"]
        case .fp16: ["asimdhp"]
        case .dotProduct: ["asimddp"]
        case .int8Matrix: ["i8mm"]
        case .bf16: ["asimd", "bf16"]
        case .sve: ["sve"]
        case .sve2: ["sve2"]
        case .sme: ["sme"]
        case .riscvVector: ["rv-v"]
        case .vsx: ["vsx"]
        case .vxe: ["vxe"]
        }
    }
}

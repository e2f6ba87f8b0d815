/// Reads what the kernel tells of processors.
public enum ProcessorText {
    /// What `/proc/cpuinfo` tells, of x86, Arm, RISC-V, POWER and s390x.
    ///
    /// A text that was cut off is read as far as it goes. Cores are counted where the text names them (x86); elsewhere
    /// `topology` tells.
    ///
    /// - Parameters:
    ///   - text: the file.
    ///   - architecture: "x86_64", "aarch64", from `uname`.
    /// - Returns: what was found; a processor without anything when the text is something else.
    public static func processor(cpuinfo text: String, architecture: String? = nil) -> Processor {
        var blocks: [[String: String]] = []
        for (name, value) in TextFields(text).all {
            let isStart = name == "processor" || (name.hasPrefix("processor ") && blocks.isEmpty)
            if isStart { blocks.append([:]) }
            if blocks.isEmpty { blocks.append([:]) }
            if blocks[blocks.count - 1][name] == nil { blocks[blocks.count - 1][name] = value }
        }
        let threads = blocks.filter { $0["processor"].flatMap { Int($0) } != nil }
        let whole = blocks.reduce(into: [String: String]()) { $0.merge($1) { first, _ in first } }
        var processor = Processor(architecture: architecture)
        processor.model = model(whole)
        processor.features = ProcessorFeature.of(flags(of: whole))
        guard (1...ProcessorSet.numberMax).contains(threads.count) else { return processor }
        processor.threads = threads.count
        let places = threads.compactMap { thread -> [Int]? in
            guard let socket = thread["physical id"].flatMap({ Int($0) }),
                let core = thread["core id"].flatMap({ Int($0) })
            else { return nil }
            return [socket, core]
        }
        guard places.count == threads.count else { return processor }
        processor.sockets = Set(places.map { $0[0] }).count
        processor.cores = Set(places).count
        processor.hasSMT = Set(places).count < threads.count
        return processor
    }

    /// Whether `/proc/cpuinfo` says that a hypervisor lends this processor.
    public static func isVirtual(cpuinfo text: String) -> Bool {
        TextFields(text)["flags"]?.split(separator: " ").contains("hypervisor") ?? false
    }

    /// What `/sys/devices/system/cpu/cpu*/topology` tells of the threads that are online.
    public struct Topology: Sendable, Equatable {
        public var threads: Int
        public var cores: Int
        public var sockets: Int?

        /// `nil` when a text is not a list or a thread has no siblings, itself included.
        ///
        /// - Parameters:
        ///   - siblings: the text of `thread_siblings_list` (or `core_cpus_list`) of each thread.
        ///   - packages: the text of `physical_package_id` of each thread.
        public init?(siblings: [String], packages: [String] = []) {
            let sets = siblings.compactMap { ProcessorSet(list: $0) }
            guard !sets.isEmpty, sets.count == siblings.count, sets.allSatisfy({ $0.count > 0 }) else { return nil }
            threads = sets.count
            cores = Set(sets.map(\.numbers)).count
            let numbers = packages.compactMap { Int($0.trimmed) }
            sockets = numbers.count == siblings.count ? Set(numbers).count : nil
        }
    }

    /// One text of `/sys/devices/system/cpu/cpu*/cache/index*`.
    public struct CacheText: Sendable, Equatable {
        public var level: String
        public var type: String
        public var size: String
        /// `shared_cpu_list`: caches with the same one are the same cache.
        public var sharedBy: String

        public init(level: String, type: String, size: String, sharedBy: String) {
            self.level = level
            self.type = type
            self.size = size
            self.sharedBy = sharedBy
        }
    }

    /// The caches of a machine.
    ///
    /// - Parameter texts: of all threads; what cannot be read is left out.
    /// - Returns: by level, data before instructions.
    public static func caches(_ texts: [CacheText]) -> [Processor.Cache] {
        struct Key: Hashable {
            var level: Int
            var kind: Processor.Cache.Kind
            var bytes: UInt64
        }
        var owners: [Key: Set<[Int]>] = [:]
        for text in texts {
            guard let level = Int(text.level.trimmed), (1...5).contains(level),
                let kind = Processor.Cache.Kind(rawValue: text.type.trimmed.lowercased()),
                let bytes = ByteText.bytes(text.size), bytes > 0,
                let sharing = ProcessorSet(list: text.sharedBy), sharing.count > 0
            else { continue }
            owners[Key(level: level, kind: kind, bytes: bytes), default: []].insert(sharing.numbers)
        }
        return owners.map { key, sharing in
            Processor.Cache(level: key.level, kind: key.kind, bytes: key.bytes, count: sharing.count)
        }
        .sorted { ($0.level, $0.kind.rawValue, $0.bytes) < ($1.level, $1.kind.rawValue, $1.bytes) }
    }

    private static func model(_ fields: [String: String]) -> String? {
        if let name = fields["model name"], !name.isEmpty { return name }
        if let part = ArmParts.name(implementer: fields["CPU implementer"], part: fields["CPU part"]) { return part }
        return [fields["cpu"], fields["uarch"], fields["Hardware"], fields["vendor_id"]].compactMap(\.self)
            .first { !$0.isEmpty }
    }

    /// The words of x86 (`flags`), Arm and s390x (`Features`, `features`), RISC-V (`isa`) and POWER (`cpu`).
    private static func flags(of fields: [String: String]) -> Set<String> {
        var words: Set<String> = []
        for name in ["flags", "Features", "features"] {
            words.formUnion((fields[name] ?? "").split(separator: " ").map(String.init))
        }
        // rv64imafdcv_zicsr_…: single letters up to the first underscore.
        if let isa = fields["isa"]?.lowercased(), isa.hasPrefix("rv") {
            if isa.prefix(while: { $0 != "_" }).dropFirst(4).contains("v") { words.insert("rv-v") }
        }
        if fields["cpu"]?.contains("altivec supported") == true { words.insert("vsx") }
        return words
    }
}

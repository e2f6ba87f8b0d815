import Configuration
import LlamaRuntime

/// Which device holds what, and how the file comes there.
struct PlacementArguments: Sendable, Equatable {
    var placement = ModelPlacement()
    var lazyMode: LazyMode
    var metadata: [MetadataOverride]
    var checksTensors: Bool
    var repacks: Bool
    var avoidsHostBuffers: Bool
    var offloadsOperations: Bool

    init(_ parsed: ParsedCommand) throws(UsageError) {
        placement.split = parsed[EngineOption.splitMode] ?? .layer
        placement.mainGPU = parsed[EngineOption.mainGPU] ?? 0
        placement.proportions = parsed[EngineOption.tensorSplit] ?? []
        placement.devices = parsed[EngineOption.devices]
        placement.buffers = try Self.buffers(parsed)
        lazyMode = parsed[EngineOption.lazyMode] ?? .auto
        metadata = parsed.all(EngineOption.metadata).flatMap(\.self)
        checksTensors = parsed[EngineOption.checksTensors]
        repacks = parsed.given(EngineOption.repacks) ?? true
        avoidsHostBuffers = parsed[EngineOption.avoidsHostBuffers]
        offloadsOperations = parsed.given(EngineOption.offloadsOperations) ?? true
    }

    /// What was said first wins, as in llama.cpp.
    private static func buffers(_ parsed: ParsedCommand) throws(UsageError) -> [ModelPlacement.BufferOverride] {
        var all = parsed.all(EngineOption.tensorBuffers).flatMap(\.self)
        if parsed[EngineOption.expertsOnCPU] {
            all.append(.init(pattern: ModelPlacement.expertsPattern, buffer: "CPU"))
        }
        func layers(_ count: Int?, _ pattern: String) {
            for layer in 0..<(count ?? 0) { all.append(.init(pattern: "blk\\.\(layer)\(pattern)", buffer: "CPU")) }
        }
        layers(parsed[EngineOption.expertLayersOnCPU], ModelPlacement.expertsPattern)
        layers(parsed[EngineOption.denseLayersOnCPU], ModelPlacement.densePattern)
        guard all.count <= ModelPlacement.buffersMax else {
            throw UsageError(
                problem: "There are \(all.count) places for tensors, and may be \(ModelPlacement.buffersMax).",
                hint: "Use patterns that name several layers at once.")
        }
        return all
    }
}

extension EngineOption {
    /// Layers that `--n-cpu-moe` and `--n-cpu-ffn` may name: more than any model has.
    private static let layersMax = 1_000

    static let splitMode = CommandOption<ModelPlacement.Split>(
        "split-mode", also: ["-sm"], variable: "LLAMA_ARG_SPLIT_MODE", .choice,
        "How several devices share a model (default layer).")
    static let tensorSplit = CommandOption<[Float]>(
        "tensor-split", also: ["-ts"], variable: "LLAMA_ARG_TENSOR_SPLIT", .proportions,
        "How much each device holds, as proportions (default: by their memory).")
    static let mainGPU = CommandOption<Int>(
        "main-gpu", also: ["-mg"], variable: "LLAMA_ARG_MAIN_GPU", .integer(in: 0...15),
        "The only device with --split-mode none, the first one with row (default 0).")
    static let devices = CommandOption<[String]>(
        "device", also: ["-dev"], variable: "LLAMA_ARG_DEVICE", .devices,
        "Devices to use beside the CPU; none is the CPU alone (default: all that --list-devices shows).")
    static let listDevices = CommandOption<Bool>("list-devices", .flag, "Show the devices, and end.")
    static let buildInfo = CommandOption<Bool>(
        "build-info", .flag, "Tell as JSON which llama.cpp this is, what it was built for, and its devices, and end.")
    static let tensorBuffers = CommandOption<[ModelPlacement.BufferOverride]>(
        "override-tensor", also: ["-ot"], variable: "LLAMA_ARG_OVERRIDE_TENSOR", .tensorBuffers,
        "Keep tensors whose names match in a device's memory (--list-devices); may be repeated.")
    static let expertsOnCPU = CommandOption<Bool>(
        "cpu-moe", also: ["-cmoe"], variable: "LLAMA_ARG_CPU_MOE", .flag, "Keep all experts on the CPU.")
    static let expertLayersOnCPU = CommandOption<Int>(
        "n-cpu-moe", also: ["-ncmoe"], variable: "LLAMA_ARG_N_CPU_MOE", .integer(in: 0...layersMax),
        "Keep the experts of so many first layers on the CPU.")
    static let denseLayersOnCPU = CommandOption<Int>(
        "n-cpu-ffn", also: ["-ncffn"], variable: "LLAMA_ARG_N_CPU_FFN", .integer(in: 0...layersMax),
        "The same for models without experts.")
    static let metadata = CommandOption<[MetadataOverride]>(
        "override-kv", also: [], .metadata, "Take this instead of what the file says; may be repeated.")
    static let checksTensors = CommandOption<Bool>(
        "check-tensors", .flag, "Look at every number of the weights while loading.")
    static let lazyMode = CommandOption<LazyMode>(
        "lazy-mode", also: ["-lzm"], variable: "LLAMA_ARG_LAZY_MODE", .choice,
        "Whether rows of some tensors stay in the file until they are needed (default auto: in those above 4 GiB).")
    static let repacks = CommandOption<Bool>(
        "repack", also: [], negations: ["--no-repack", "-nr"], variable: "LLAMA_ARG_REPACK", .flag,
        "Whether weights are brought into the form that is read fastest (default: they are).")
    static let avoidsHostBuffers = CommandOption<Bool>(
        "no-host", also: [], variable: "LLAMA_ARG_NO_HOST", .flag, "Do without memory that a GPU reads directly.")
    static let offloadsOperations = CommandOption<Bool>(
        "op-offload", also: [], negations: ["--no-op-offload"], .flag,
        "Whether a GPU may compute with weights that it does not hold (default: it may).")

    static let placementOptions = [
        splitMode.declared, tensorSplit.declared, mainGPU.declared, devices.declared, listDevices.declared,
        buildInfo.declared,
        tensorBuffers.declared, expertsOnCPU.declared, expertLayersOnCPU.declared, denseLayersOnCPU.declared,
        metadata.declared, checksTensors.declared, lazyMode.declared, repacks.declared, avoidsHostBuffers.declared,
        offloadsOperations.declared,
    ].map { $0.listed(under: "Devices and weights") }
}

extension ValueKind where Value == [Float] {
    /// `3,1`, or `3/1`.
    fileprivate static var proportions: ValueKind {
        .argument("1 to 15 numbers from 0 to 1000000, not all of them 0, separated by commas", placeholder: "N,N") {
            text in
            let parts = text.split(omittingEmptySubsequences: false) { $0 == "," || $0 == "/" }
            let numbers = parts.compactMap { Float($0) }.filter { (0...1_000_000).contains($0) }
            let areGood = numbers.count == parts.count && (1...15).contains(numbers.count)
            return areGood && numbers.contains { $0 > 0 } ? numbers : nil
        }
    }
}

extension ValueKind where Value == [String] {
    /// Names after commas; `none` is an empty list.
    static var devices: ValueKind {
        .argument("none, or 1 to 15 names of devices, separated by commas", placeholder: "NAME,NAME") { text in
            if text == "none" { return [] }
            let names = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingSpaces }
            let areNames = names.allSatisfy { name in
                (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            }
            return (1...15).contains(names.count) && areNames ? names : nil
        }
    }
}

extension ValueKind where Value == [ModelPlacement.BufferOverride] {
    fileprivate static var tensorBuffers: ValueKind {
        .argument(
            "PATTERN=DEVICE, such as blk.*ffn.*=CPU, or several of them separated by commas",
            placeholder: "PATTERN=DEVICE"
        ) { text in
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let overrides = parts.compactMap { part -> ModelPlacement.BufferOverride? in
                guard let equals = part.firstIndex(of: "=") else { return nil }
                let pattern = part[..<equals]
                let buffer = part[part.index(after: equals)...]
                let isGood = [pattern, buffer].allSatisfy { text in
                    (1...512).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                }
                return isGood ? .init(pattern: String(pattern), buffer: String(buffer)) : nil
            }
            return overrides.count == parts.count ? overrides : nil
        }
    }
}

extension ValueKind where Value == [MetadataOverride] {
    fileprivate static var metadata: ValueKind {
        .argument(
            "KEY=TYPE:VALUE with the types int, float, bool and str, or several of them separated by commas",
            placeholder: "KEY=TYPE:VALUE"
        ) { text in
            let fields = CommaList.fields(of: text)
            let overrides = fields.compactMap(Self.override)
            return overrides.count == fields.count ? overrides : nil
        }
    }

    private static func override(_ field: String) -> MetadataOverride? {
        guard let equals = field.firstIndex(of: "="), let colon = field[equals...].firstIndex(of: ":") else {
            return nil
        }
        let key = String(field[..<equals])
        let text = String(field[field.index(after: colon)...])
        let isKey =
            (1...MetadataOverride.bytesMax).contains(key.utf8.count) && key.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        let isText = text.utf8.count <= MetadataOverride.bytesMax && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        guard isKey, isText else { return nil }
        switch field[field.index(after: equals)..<colon] {
        case "int": return Int64(text).map { MetadataOverride(key: key, value: .integer($0)) }
        case "float":
            return Double(text).flatMap { $0.isFinite ? MetadataOverride(key: key, value: .number($0)) : nil }
        case "bool": return Bool(text).map { MetadataOverride(key: key, value: .bool($0)) }
        case "str": return MetadataOverride(key: key, value: .text(text))
        default: return nil
        }
    }
}

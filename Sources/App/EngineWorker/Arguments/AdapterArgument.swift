import Configuration
import Vocabulary

/// A LoRA adapter or a control vector to load beside the model.
struct AdapterArgument: Sendable, Equatable {
    var path: String
    /// What its numbers are multiplied with; 0 loads it without applying it.
    var scale: Float
}

/// What changes a model beside its weights.
struct AdapterArguments: Sendable, Equatable {
    /// LoRA adapters in the order in which they were named; their places are their ids.
    var adapters: [AdapterArgument]
    /// The folder from which clients may load more; `nil` lets them load none.
    var directory: String?
    /// LoRA adapters that are loaded at once.
    var countMax: Int
    /// Control vectors, which are added up.
    var controlVectors: [AdapterArgument]
    /// The layers that they are added in; `nil` is all of them.
    var controlLayers: ClosedRange<Int>?

    /// Room for those that a team tries side by side; each keeps its weights in memory.
    static let countDefault = 32

    init(_ parsed: ParsedCommand) {
        let named = parsed.all(EngineOption.adapters, EngineOption.scaledAdapters).flatMap(\.self)
        adapters =
            parsed[EngineOption.adaptersWait] ? named.map { AdapterArgument(path: $0.path, scale: 0) } : named
        directory = parsed[EngineOption.adapterDirectory]
        countMax = max(parsed[EngineOption.adaptersMax] ?? Self.countDefault, adapters.count)
        controlVectors = parsed.all(EngineOption.controlVectors, EngineOption.scaledControlVectors).flatMap(\.self)
        controlLayers = parsed[EngineOption.controlLayers]
    }
}

extension EngineOption {
    static let adapters = CommandOption<[AdapterArgument]>(
        "lora", .adapters, "LoRA adapter (GGUF); may be repeated, or have several after commas.")
    static let scaledAdapters = CommandOption<[AdapterArgument]>(
        "lora-scaled", .scaledAdapters, "The same with a scale each.")
    static let adaptersWait = CommandOption<Bool>(
        "lora-init-without-apply", .flag, "Load adapters with scale 0.")
    static let adapterDirectory = CommandOption<String>(
        "lora-dir", .path("DIR"), "Where clients may load adapters from while the engine runs (default: nowhere).")
    static let adaptersMax = CommandOption<Int>(
        "lora-max", .integer(in: 0...1_024), "Adapters that are loaded at once (default 32).")
    static let controlVectors = CommandOption<[AdapterArgument]>(
        "control-vector", .adapters, "Control vector (GGUF); several are added up.")
    static let scaledControlVectors = CommandOption<[AdapterArgument]>(
        "control-vector-scaled", .scaledAdapters, "The same with a scale each.")
    static let controlLayers = CommandOption<ClosedRange<Int>>(
        "control-vector-layer-range", .layers, "First and last layer that control vectors are added in (default: all).")

    static let adapterOptions = [
        adapters.declared, scaledAdapters.declared, adaptersWait.declared, adapterDirectory.declared,
        adaptersMax.declared, controlVectors.declared, scaledControlVectors.declared, controlLayers.declared,
    ].map { $0.listed(under: "Adapters") }
}

extension ValueKind where Value == ClosedRange<Int> {
    /// Two layers. 0 as the first one means 1, because the model's first layer never has a direction.
    fileprivate static var layers: ValueKind {
        let most = 100_000
        return .twoArguments(
            "two layers from 0 to \(most), the first one first", placeholder: "FIRST LAST"
        ) { text in
            let words = text.split(separator: " ").map { Int($0) }
            guard words.count == 2, let first = words[0], let last = words[1], 0 <= first, first <= last,
                (1...most).contains(last)
            else { return nil }
            return max(1, first)...last
        }
    }
}

extension ValueKind where Value == [AdapterArgument] {
    private static func isPath(_ text: String) -> Bool {
        (1...4095).contains(text.utf8.count) && !text.utf8.contains(0)
    }

    fileprivate static var adapters: ValueKind {
        .argument("one or several paths, separated by commas", placeholder: "FILE") { text in
            let paths = CommaList.fields(of: text)
            return paths.allSatisfy(isPath) ? paths.map { AdapterArgument(path: $0, scale: 1) } : nil
        }
    }

    fileprivate static var scaledAdapters: ValueKind {
        .argument(
            "FILE:SCALE, with scales from -1000 to 1000, or several of them separated by commas",
            placeholder: "FILE:SCALE"
        ) { text in
            let adapters = CommaList.fields(of: text).map { field -> AdapterArgument? in
                guard let colon = field.lastIndex(of: ":"), isPath(String(field[..<colon])),
                    let scale = Float(field[field.index(after: colon)...]), abs(scale) <= AdapterScale.scaleMax
                else { return nil }
                return AdapterArgument(path: String(field[..<colon]), scale: scale)
            }
            let good = adapters.compactMap(\.self)
            return good.count == adapters.count ? good : nil
        }
    }
}

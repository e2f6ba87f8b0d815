import Configuration

/// A LoRA adapter to load beside the model.
struct AdapterArgument: Sendable, Equatable {
    var path: String
    /// What its changes are multiplied with; 0 loads it without applying it.
    var scale: Float

    /// The adapters of a command line, in its order.
    static func all(_ parsed: ParsedCommand) -> [AdapterArgument] {
        let all = parsed.all(EngineOption.adapters, EngineOption.scaledAdapters).flatMap(\.self)
        guard parsed[EngineOption.adaptersWait] else { return all }
        return all.map { AdapterArgument(path: $0.path, scale: 0) }
    }

    /// Scales beyond this are slips.
    static let scaleMax: Float = 1000
}

extension EngineOption {
    static let adapters = CommandOption<[AdapterArgument]>(
        "lora", .adapters, "LoRA adapter (GGUF); may be repeated, or have several after commas.")
    static let scaledAdapters = CommandOption<[AdapterArgument]>(
        "lora-scaled", .scaledAdapters, "The same with a scale each.")
    static let adaptersWait = CommandOption<Bool>(
        "lora-init-without-apply", .flag, "Load adapters with scale 0.")

    static let adapterOptions = [
        adapters.declared, scaledAdapters.declared,
        adaptersWait.declared,
    ].map { $0.listed(under: "Adapters") }
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
                    let scale = Float(field[field.index(after: colon)...]), abs(scale) <= AdapterArgument.scaleMax
                else { return nil }
                return AdapterArgument(path: String(field[..<colon]), scale: scale)
            }
            let good = adapters.compactMap(\.self)
            return good.count == adapters.count ? good : nil
        }
    }
}

/// The files that belong to what was asked for.
public struct FileChoice: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case gguf
        case safeTensors = "safetensors"
        /// One file that was asked for by its name and is neither.
        case file
    }

    public let kind: Kind
    /// Upper case: `Q4_K_M`; `nil` where the names tell none.
    public let quantisation: String?
    /// What a program opens: the model's first part.
    public let primary: HubFile
    /// A GGUF file that reads images or recordings for the model.
    public let projector: HubFile?
    /// Everything, small files first, parts in their order.
    public let files: [HubFile]

    /// Chooses among the files of a repository.
    ///
    /// - Parameters:
    ///   - listing: all files.
    ///   - selector: a quantisation, a file's path or name, or `safetensors`; `nil` takes what most want.
    /// - Returns: the model's files with what goes along with them.
    /// - Throws: `ambiguous`, with what there is, when none or several fit.
    public static func choose(from listing: HubListing, selector: String?) throws(HubError) -> FileChoice {
        let models = GGUFGroup.groups(of: listing.files)
        guard let selector else {
            if !models.isEmpty { return try preferred(models, listing) }
            if let choice = try CheckpointFiles.choose(listing) { return choice }
            throw nothing(listing, asked: nil)
        }
        if selector.lowercased() == "safetensors" {
            if let choice = try CheckpointFiles.choose(listing) { return choice }
            throw nothing(listing, asked: selector)
        }
        if let choice = try named(selector, models, listing) { return choice }
        let wanted = selector.uppercased()
        var fitting = models.filter { $0.quantisation == wanted }
        if fitting.isEmpty { fitting = models.filter { $0.quantisation == "UD-\(wanted)" } }
        guard let first = fitting.first else { throw nothing(listing, asked: selector) }
        guard fitting.count == 1 else { throw several(fitting, selector) }
        return try first.choice(listing)
    }

    private static func preferred(_ models: [GGUFGroup], _ listing: HubListing) throws(HubError) -> FileChoice {
        if models.count == 1 { return try models[0].choice(listing) }
        for quantisation in GGUFName.preferences {
            let fitting = models.filter { $0.quantisation == quantisation }
            if fitting.count > 1 { throw several(fitting, quantisation) }
            if let only = fitting.first { return try only.choice(listing) }
        }
        throw several(models, nil)
    }

    private static func named(
        _ selector: String, _ models: [GGUFGroup], _ listing: HubListing
    ) throws(HubError) -> FileChoice? {
        var found = listing.files.filter { $0.path == selector }
        if found.isEmpty { found = listing.files.filter { $0.name == selector } }
        guard let file = found.first else { return nil }
        guard found.count == 1 else {
            throw HubError(
                .ambiguous, "\(found.count) files of \(listing.repository) are called '\(selector)'.",
                hint: "Say which, with its folder: \(list(found.map(\.path))).")
        }
        if let group = models.first(where: { $0.parts.contains(file) }) { return try group.choice(listing) }
        return FileChoice(kind: .file, quantisation: nil, primary: file, projector: nil, files: [file])
    }

    private static func nothing(_ listing: HubListing, asked selector: String?) -> HubError {
        let models = GGUFGroup.groups(of: listing.files)
        let what = selector.map { "'\($0)'" } ?? "a model in GGUF or SafeTensors format"
        var there = models.map { $0.quantisation ?? $0.primaryPath }
        if CheckpointFiles.isCheckpoint(listing) { there.append("safetensors") }
        let hint =
            there.isEmpty
            ? "Its files are: \(list(listing.files.map(\.path)))." : "There is: \(list(there))."
        return HubError(.ambiguous, "\(listing.repository) does not have \(what).", hint: hint)
    }

    private static func several(_ groups: [GGUFGroup], _ selector: String?) -> HubError {
        HubError(
            .ambiguous,
            "Several models fit" + (selector.map { " \($0)" } ?? "") + ".",
            hint: "Name one of these files after the colon: \(list(groups.map(\.primaryPath))).")
    }

    /// At most 40 names.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(40).map { HubPath.shown($0) }.joined(separator: ", ")
        return names.count > 40 ? "\(shown) and \(names.count - 40) more" : shown.isEmpty ? "none" : shown
    }
}

/// The parts of one model in GGUF format.
struct GGUFGroup: Sendable, Equatable {
    let quantisation: String?
    let partCount: Int
    /// In order.
    let parts: [HubFile]

    var primaryPath: String { parts[0].path }

    /// The models among files, in the order of their names.
    static func groups(of files: [HubFile]) -> [GGUFGroup] {
        var parts: [Key: [(part: Int, file: HubFile)]] = [:]
        for file in files {
            guard let name = GGUFName(path: file.path), isModel(file) else { continue }
            let key = Key(stem: name.stem, quantisation: name.quantisation, partCount: name.partCount)
            parts[key, default: []].append((name.part, file))
        }
        return parts.map { key, parts in
            GGUFGroup(
                quantisation: key.quantisation, partCount: key.partCount,
                parts: parts.sorted { $0.part < $1.part }.map(\.file))
        }.sorted { $0.primaryPath < $1.primaryPath }
    }

    private struct Key: Hashable {
        let stem: String
        let quantisation: String?
        let partCount: Int
    }

    /// Not a projector, an importance matrix or a draft that only works beside a model.
    /// Source: llama.cpp, `gguf_filename_is_model`.
    private static func isModel(_ file: HubFile) -> Bool {
        let name = file.name.lowercased()
        return !["mmproj", "imatrix"].contains { name.contains($0) }
            && !["mtp-", "eagle3-", "dflash-", "dspark-"].contains { name.hasPrefix($0) }
    }

    func choice(_ listing: HubListing) throws(HubError) -> FileChoice {
        guard parts.count == partCount else {
            throw HubError(
                .ambiguous, "\(listing.repository) has \(parts.count) of \(partCount) parts of '\(primaryPath)'.",
                hint: "The repository is not complete; choose another quantisation or repository.")
        }
        let projector = Self.projector(listing.files, beside: parts[0])
        return FileChoice(
            kind: .gguf, quantisation: quantisation, primary: parts[0], projector: projector,
            files: (projector.map { [$0] } ?? []) + parts)
    }

    /// The projector in the nearest folder, half precision first: it is small, and its precision matters.
    private static func projector(_ files: [HubFile], beside model: HubFile) -> HubFile? {
        let order = ["F16", "FP16", "BF16", "Q8_0", "F32", "FP32"]
        return
            files
            .filter { $0.name.lowercased().contains("mmproj") && GGUFName(path: $0.path)?.partCount == 1 }
            .filter { $0.parent == model.parent || $0.parent.isEmpty }
            .min { one, other in
                let rank = { (file: HubFile) in
                    let precision = GGUFName(path: file.path)?.quantisation ?? ""
                    return (file.parent == model.parent ? 0 : 100) + (order.firstIndex(of: precision) ?? order.count)
                }
                return (rank(one), one.path) < (rank(other), other.path)
            }
    }
}

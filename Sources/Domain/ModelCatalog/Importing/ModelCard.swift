/// A model card: the `README.md` beside a model's files, with fields between two lines of dashes at its beginning, as
/// repositories of hubs have it. A `README.md` without those is somebody's notes, and no card.
struct ModelCard: Sendable, Equatable {
    /// Markdown, with the fields.
    let text: String
    /// `apache-2.0`
    let license: String?

    /// Bytes of a card that is read; a larger one is left alone.
    static let bytesMax = 1 << 20

    /// Reads the text of a `README.md`; `nil` when it is no card.
    init?(_ text: String) {
        let lines = text.split(maxSplits: 400, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else { return nil }
        self.text = text
        license = Self.field("license_name", in: lines[1..<end]) ?? Self.field("license", in: lines[1..<end])
    }

    /// The card of a folder, where there is one that can be read.
    static func beside(_ folder: String, disk: any ModelFiles) -> ModelCard? {
        do throws(ModelFileError) {
            let path = folder + "/README.md"
            guard try disk.look(at: path)?.kind == .file else { return nil }
            let bytes = try disk.bytes(of: path, countMax: bytesMax)
            return String(validating: bytes, as: UTF8.self).flatMap(ModelCard.init)
        } catch {
            return nil  // A model is a model without its card, too.
        }
    }

    /// Adds what the files themselves do not tell.
    func fill(_ model: inout FoundModel) {
        model.texts.card = text
        if model.metadata.license == nil { model.metadata.license = license.map { String($0.prefix(256)) } }
    }

    /// A field on a line of its own: `license: apache-2.0`. Lists and blocks are left out.
    private static func field(_ name: String, in lines: ArraySlice<Substring>) -> String? {
        for line in lines where line.hasPrefix(name + ":") {
            var value = line.dropFirst(name.utf8.count + 1)
            while value.first == " " { value.removeFirst() }
            while value.last == " " { value.removeLast() }
            for quote in ["\"", "'"] as [Character] where value.count > 1 && value.first == quote && value.last == quote
            {
                value = value.dropFirst().dropLast()
            }
            return value.isEmpty ? nil : String(value)
        }
        return nil
    }
}

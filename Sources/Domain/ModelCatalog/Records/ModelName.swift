/// The name of a model in the catalogue: `name[:tag]`, where the name may have a path, as on hubs and in Ollama's library:
/// `qwen2.5`, `qwen2.5:0.5b`, `unsloth/Qwen3-4B-GGUF:Q4_K_M`.
///
/// Only ASCII: a Cyrillic `а` looks like the Latin one, and two models that look the same must be the same. No segment
/// begins with a dot, so that no name is a path that leads upwards.
public struct ModelName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Without the tag.
    public let base: String
    /// `latest` where none is written.
    public let tag: String

    public static let tagDefault = "latest"
    /// Bytes of `base`, and of a tag.
    public static let baseBytesMax = 160
    public static let tagBytesMax = 80
    public static let segmentsMax = 4

    /// Reads a name.
    ///
    /// - Parameter text: `name` or `name:tag`.
    /// - Throws: what is wrong with it, and what is allowed.
    public init(_ text: String) throws(ModelNameError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let base = String(parts[0])
        let tag = parts.count > 1 ? String(parts[1]) : Self.tagDefault
        try Self.check(base, tag: tag, whole: text)
        self.base = base
        self.tag = tag
    }

    /// A name from something that was never meant as one, such as a file's name: what is not allowed becomes a dash.
    ///
    /// - Parameters:
    ///   - base: any text; slashes part it.
    ///   - tag: any text; `nil` or nothing usable is `latest`.
    public init(cleaning base: String, tag: String? = nil) {
        let segments = base.split(separator: "/").suffix(Self.segmentsMax).map { Self.cleaned(String($0)) }
            .filter { !$0.isEmpty }
        let joined = segments.joined(separator: "/")
        self.base = joined.isEmpty ? "model" : Self.shortened(joined, to: Self.baseBytesMax)
        let cleaned = tag.map { Self.shortened(Self.cleaned($0), to: Self.tagBytesMax) } ?? ""
        self.tag = cleaned.isEmpty ? Self.tagDefault : cleaned
    }

    /// Without `:latest`, as people write it.
    public var description: String { tag == Self.tagDefault ? base : "\(base):\(tag)" }

    public static func < (left: ModelName, right: ModelName) -> Bool {
        (left.base, left.tag) < (right.base, right.tag)
    }

    // MARK: What is allowed

    private static func check(_ base: String, tag: String, whole: String) throws(ModelNameError) {
        func fail(_ problem: String) -> ModelNameError { ModelNameError(name: whole, problem: problem) }
        guard !base.isEmpty else { throw fail("is empty") }
        guard base.utf8.count <= baseBytesMax else {
            throw fail("has \(base.utf8.count) bytes before the tag, at most \(baseBytesMax) are allowed")
        }
        if let strange = whole.unicodeScalars.first(where: { !isAllowed($0) && $0 != "/" && $0 != ":" }) {
            throw fail(
                "holds U+\(hexadecimal(strange))\(strange.isASCII ? "" : ", which may look like another character")")
        }
        let segments = base.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count <= segmentsMax else { throw fail("has more than \(segmentsMax) parts between slashes") }
        for segment in segments where !isSegment(String(segment)) {
            throw fail("has the part '\(segment)', which must begin with a letter, a digit or '_'")
        }
        guard (1...tagBytesMax).contains(tag.utf8.count) else {
            throw fail("has a tag of \(tag.utf8.count) bytes, 1 to \(tagBytesMax) are allowed")
        }
        guard isSegment(tag), !tag.contains("/"), !tag.contains(":") else {
            throw fail("has the tag '\(tag)', which must begin with a letter, a digit or '_' and have no '/' or ':'")
        }
    }

    private static func isSegment(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        return isFirst(first)
    }

    private static func isFirst(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "-", ".", "+", "@": true
        default: isFirst(scalar)
        }
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func cleaned(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            result.unicodeScalars.append(isAllowed(scalar) ? scalar : "-")
        }
        let start = result.unicodeScalars.drop { !isFirst($0) }
        return String(String.UnicodeScalarView(start))
    }

    private static func shortened(_ text: String, to countMax: Int) -> String {
        // ASCII from here on, so that bytes are characters; a cut must not leave a slash at the end.
        var result = String(text.prefix(countMax))
        while result.hasSuffix("/") { result.removeLast() }
        return result
    }
}

/// Why a text is no name of a model.
public struct ModelNameError: Error, Sendable, Equatable, CustomStringConvertible {
    public let name: String
    /// Continues "The model name '…'".
    public let problem: String

    public init(name: String, problem: String) {
        self.name = name
        self.problem = problem
    }

    public var description: String { "The model name '\(name)' \(problem)." }
    /// What is allowed instead.
    public var hint: String {
        "Letters, digits and - _ . + @ of ASCII, parts separated by '/', and perhaps ':' and a tag: qwen2.5:0.5b."
    }
}

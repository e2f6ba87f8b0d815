/// What a template may cost. Whatever exceeds one of these is refused with an error of kind `limit`.
///
/// A chat template comes with a model file, so it is as trustworthy as the stranger who uploaded it.
public struct TemplateBounds: Sendable, Equatable {
    /// Bytes of UTF-8 that a template's source may have.
    public var sourceBytesMax = 1 << 20
    /// Bytes of UTF-8 that one rendering may produce.
    public var outputBytesMax = 16 << 20
    /// Bytes of UTF-8 of any string on the way.
    public var textBytesMax = 16 << 20
    /// Elements of any list or range. The number is that of Jinja's sandbox (`MAX_RANGE`).
    public var elementsMax = 100_000
    /// Steps of evaluation: one for each expression and statement, more for work on long texts and lists.
    public var stepsMax = 5_000_000
    /// How deep expressions, statements and calls nest while rendering. Chosen to fit a thread's stack of 1 MiB in an
    /// optimised build and of 8 MiB in any other.
    public var depthMax = 400
    /// How deep parentheses and blocks nest in the source, and lists and dictionaries in values.
    public var nestingMax = 60

    public init() {}

    public static let standard = TemplateBounds()
}

/// The name of a member that ``JSONReader`` has met. It is compared where it lies, because a reader knows the few names that it
/// wants, and a text for each would be most of its work.
///
/// ```swift
/// switch key {
/// case "name", "title": …
/// default: …
/// }
/// ```
public struct JSONKey: Sendable {
    /// UTF-8, without escapes.
    @usableFromInline let bytes: ArraySlice<UInt8>

    /// The name as a text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Where it begins in the reader's text, after its quotes; `nil` where it is written with escapes.
    public var start: Int? { bytes.startIndex > 0 ? bytes.startIndex : nil }

    /// Whether it is this name, byte for byte. Open to other modules' compilers: a reader compares each name with all that it
    /// knows, most of which differ in their lengths.
    @inlinable public static func ~= (name: StaticString, key: JSONKey) -> Bool {
        name.utf8CodeUnitCount == key.bytes.count && key.bytes.starts(withWord: name)
    }
}

extension ArraySlice<UInt8> {
    /// By index: the general comparison of two sequences costs several times as much, and words are short.
    @usableFromInline func starts(withWord word: StaticString) -> Bool {
        guard word.utf8CodeUnitCount <= count else { return false }
        return word.withUTF8Buffer { word in
            for place in word.indices where word[place] != self[startIndex + place] { return false }
            return true
        }
    }
}

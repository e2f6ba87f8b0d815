/// Texts at the end of bytes, for lines and headers that are made for each request.
extension [UInt8] {
    /// Appends a text as UTF-8. Neither it nor its bytes are copied first, which is most of the work for short ones.
    public mutating func append(text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { append(contentsOf: $0) }
        if isDone == nil { append(contentsOf: text.utf8) }
    }

    /// Appends a text that stands in the program.
    public mutating func append(literal: StaticString) {
        literal.withUTF8Buffer { append(contentsOf: $0) }
    }
}

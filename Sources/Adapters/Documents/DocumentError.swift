/// Why a document was not made.
public enum DocumentError: Error, Equatable, CustomStringConvertible {
    /// It would have more pages than allowed.
    case tooManyPages(max: Int)
    /// It would have more bytes than allowed.
    case tooManyBytes(max: Int)
    /// A library refused, with its words.
    case failed(String)

    public var description: String {
        switch self {
        case .tooManyPages(let most): "The document would have more than \(most) pages."
        case .tooManyBytes(let most): "The document would have more than \(most) bytes."
        case .failed(let words): "The document could not be made: \(words)."
        }
    }
}

public import JSONText
public import Vocabulary

extension JSONField {
    /// The body of a request, which must be a JSON object.
    ///
    /// - Parameter bytes: the whole body.
    /// - Returns: its root; paths of errors start there.
    /// - Throws: `invalidJSON` with line and column, or `invalidValue` when it is no object.
    public static func body(_ bytes: [UInt8]) throws(ServiceError) -> JSONField {
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes)
        } catch {
            throw ServiceError(
                .invalidJSON, "The body is not valid JSON: \(error).", hint: "Send one JSON object as the body.")
        }
        guard value.object != nil else {
            throw ServiceError(
                .invalidValue, "The body must be a JSON object, not \(value.kind).",
                hint: "Send an object with the members that this endpoint reads.")
        }
        return JSONField(value)
    }
}

extension ServiceError {
    /// The error of reading a request, in the words that clients get.
    public init(reading error: any Error) {
        switch error {
        case let error as ServiceError:
            self = error
        case let error as JSONFieldError:
            self.init(
                .invalidValue, "'\(error.path)' \(error.problem)\(error.problem.hasSuffix("?") ? "" : ".")",
                hint: "See the API reference for the allowed values.", parameter: error.path)
        default:
            self.init(.internalError, "The request could not be read.", detail: String(describing: error))
        }
    }
}

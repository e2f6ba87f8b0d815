/// What is wrong with a field of a well-formed JSON text, with the field's path: `messages[2].content`.
public struct JSONFieldError: Error, Sendable, Equatable, CustomStringConvertible {
    public let path: String
    /// What was found and what is allowed, without the path.
    public let problem: String

    public init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    public var description: String { path.isEmpty ? problem : "'\(path)': \(problem)" }
}

/// A place in a JSON value that knows its path, so that every error can name it.
///
/// `null` counts as absent for optional members, as clients send it for "not set".
public struct JSONField: Sendable {
    public let value: JSONValue
    /// The path of the array that it is an element of, or its own.
    private let base: String
    private let index: Int?

    public init(_ value: JSONValue, path: String = "") { self.init(value, base: path, index: nil) }

    private init(_ value: JSONValue, base: String, index: Int?) {
        self.value = value
        self.base = base
        self.index = index
    }

    /// Made when somebody asks for it: most elements have nothing that needs to be named.
    public var path: String { index.map { "\(base)[\($0)]" } ?? base }

    public func fail(_ problem: String) -> JSONFieldError { JSONFieldError(path: path, problem: problem) }

    /// The member `key`, or `nil` when it is missing or `null`. This field must be an object.
    public func optional(_ key: String) throws(JSONFieldError) -> JSONField? {
        guard case .object(let object) = value else { throw fail("must be an object, not \(value.kind)") }
        guard let member = object[key], !member.isNull else { return nil }
        return JSONField(member, path: memberPath(key))
    }

    /// The first member of `keys` that is there and not `null`: for members that go by several names.
    public func optional(firstOf keys: [String]) throws(JSONFieldError) -> JSONField? {
        for key in keys { if let member = try optional(key) { return member } }
        return nil
    }

    /// The member `key`, which must be there and not `null`.
    public func required(_ key: String) throws(JSONFieldError) -> JSONField {
        if let member = try optional(key) { return member }
        throw JSONFieldError(path: memberPath(key), problem: "is required")
    }

    private func memberPath(_ key: String) -> String {
        let path = path
        return path.isEmpty ? key : "\(path).\(key)"
    }

    public func string() throws(JSONFieldError) -> String {
        guard case .string(let text) = value else { throw fail("must be a string, not \(value.kind)") }
        return text
    }

    /// A text whose length in UTF-8 bytes is in `range`.
    public func string(bytesIn range: ClosedRange<Int>) throws(JSONFieldError) -> String {
        let text = try string()
        let count = text.utf8.count
        guard count >= range.lowerBound else {
            throw fail(count == 0 ? "must not be empty" : "must have at least \(range.lowerBound) bytes")
        }
        guard count <= range.upperBound else {
            throw fail("has \(count) bytes, at most \(range.upperBound) are allowed")
        }
        return text
    }

    /// A text to keep: its length in UTF-8 bytes is in `range`, and it is without the character NUL, which
    /// PostgreSQL's type `text` cannot hold.
    public func keptText(bytesIn range: ClosedRange<Int>) throws(JSONFieldError) -> String {
        let text = try string(bytesIn: range)
        guard !text.utf8.contains(0) else { throw fail("must not hold the character NUL") }
        return text
    }

    public func bool() throws(JSONFieldError) -> Bool {
        guard case .bool(let flag) = value else { throw fail("must be true or false, not \(value.kind)") }
        return flag
    }

    /// A whole number in `range`.
    public func integer(in range: ClosedRange<Int>) throws(JSONFieldError) -> Int {
        guard value.double != nil else { throw fail("must be an integer, not \(value.kind)") }
        guard let whole = value.integer else {
            throw fail("must be an integer from \(range.lowerBound) to \(range.upperBound), not \(value.text)")
        }
        guard range.contains(Int(whole)) else {
            throw fail("must be from \(range.lowerBound) to \(range.upperBound), not \(whole)")
        }
        return Int(whole)
    }

    /// A number in `range`.
    public func number(in range: ClosedRange<Double>) throws(JSONFieldError) -> Double {
        guard let number = value.double else { throw fail("must be a number, not \(value.kind)") }
        guard range.contains(number) else {
            throw fail("must be from \(range.lowerBound) to \(range.upperBound), not \(value.text)")
        }
        return number
    }

    /// The elements of an array of at most `countMax` elements.
    public func elements(countMax: Int) throws(JSONFieldError) -> [JSONField] {
        guard case .array(let elements) = value else { throw fail("must be an array, not \(value.kind)") }
        guard elements.count <= countMax else {
            throw fail("has \(elements.count) elements, at most \(countMax) are allowed")
        }
        let path = path
        return elements.enumerated().map { JSONField($1, base: path, index: $0) }
    }

    public func object() throws(JSONFieldError) -> JSONObject {
        guard case .object(let object) = value else { throw fail("must be an object, not \(value.kind)") }
        return object
    }
}

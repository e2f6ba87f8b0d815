/// What the placeholders of a route's path matched, percent-decoded.
public struct PathParameters: Sendable, Equatable {
    var names: [String] = []
    var values: [String] = []

    public init() {}

    /// For handlers that are called without a router, as in tests.
    public init(_ values: KeyValuePairs<String, String>) {
        names = values.map(\.key)
        self.values = values.map(\.value)
    }

    init(names: [String], values: [String]) {
        self.names = names
        self.values = values
    }

    /// All of them, in the order of the path.
    public var items: [(name: String, value: String)] { zip(names, values).map { ($0, $1) } }

    /// The text that `{name}` matched.
    ///
    /// - Precondition: the route's path has a placeholder of that name.
    public func string(_ name: String) -> String {
        guard let index = names.firstIndex(of: name) else {
            preconditionFailure("the route has no placeholder {\(name)}, only \(names)")
        }
        return values[index]
    }

    /// The whole number that `{name}` matched.
    ///
    /// - Throws: ``HTTPError`` with status 400 when the text is no integer in `range`.
    public func integer(_ name: String, in range: ClosedRange<Int> = .min ... .max) throws -> Int {
        guard let value = Int(string(name)), range.contains(value) else {
            throw HTTPError.invalidParameter(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}

/// One part of a command: any bytes, zeros and line ends included. What is inside is never read as RESP.
public struct RedisArgument: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ text: String) { bytes = Array(text.utf8) }
    public init(_ number: Int64) { bytes = Array(String(number).utf8) }
    public init(stringLiteral text: String) { self.init(text) }
    public init(integerLiteral number: Int64) { self.init(number) }

    /// A command as RESP writes it: an array of counted strings.
    static func encode(_ command: [RedisArgument], to output: inout [UInt8]) {
        func line(_ mark: UInt8, _ count: Int) {
            output.append(mark)
            output.append(contentsOf: String(count).utf8)
            output.append(13)
            output.append(10)
        }
        line(UInt8(ascii: "*"), command.count)
        for argument in command {
            line(UInt8(ascii: "$"), argument.bytes.count)
            output.append(contentsOf: argument.bytes)
            output.append(13)
            output.append(10)
        }
    }
}

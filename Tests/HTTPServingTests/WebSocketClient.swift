/// A WebSocket client by the letter of RFC 6455, section 5, that can also misbehave.
struct WebSocketClient {
    enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    struct Frame: Equatable {
        var opcode: Opcode
        var payload: [UInt8]

        var closeCode: Int? {
            opcode == .close && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
        }
    }

    let raw: RawClient

    init(port: Int, early: [UInt8] = []) throws {
        try self.init(raw: RawClient(port: port), early: early)
    }

    init(raw: RawClient, early: [UInt8] = []) throws {
        self.raw = raw
        let request = [
            "GET /socket HTTP/1.1", "Host: test", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: https://a.example",
        ]
        try raw.send(Array((request.joined(separator: "\r\n") + "\r\n\r\n").utf8) + early)
        let answer = try raw.readHead()
        guard answer.status == 101, answer.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            throw RawClient.Failure(description: "no handshake: \(answer)")
        }
    }

    static func frame(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode.rawValue]
        switch payload.count {
        case ..<126: bytes.append(0x80 | UInt8(payload.count))
        case ..<65536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        bytes += mask
        bytes += payload.enumerated().map { $1 ^ mask[$0 % 4] }
        return bytes
    }

    func send(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) throws {
        try raw.send(Self.frame(opcode, payload, isFinal: isFinal))
    }

    func send(_ opcode: Opcode, _ text: String, isFinal: Bool = true) throws {
        try send(opcode, Array(text.utf8), isFinal: isFinal)
    }

    func close(_ code: UInt16) throws { try send(.close, [UInt8(code >> 8), UInt8(code & 255)]) }

    func receive() throws -> Frame {
        let head = try raw.readExactly(2)
        var count = Int(head[1] & 0x7F)
        if count == 126 {
            count = try raw.readExactly(2).reduce(0) { $0 << 8 | Int($1) }
        } else if count == 127 {
            count = try raw.readExactly(8).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let opcode = Opcode(rawValue: head[0] & 15) else { throw RawClient.Failure(description: "opcode") }
        return Frame(opcode: opcode, payload: count == 0 ? [] : try raw.readExactly(count))
    }
}

import Glibc
import Synchronization

/// A client that sends exactly the bytes it is told to, and says when the server closes.
final class RawClient: Sendable {
    private let descriptor: CInt
    private let isClosed = Mutex(false)
    /// Received and not yet asked for.
    private let buffer = Mutex<[UInt8]>([])

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Answer {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: String

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    init(port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(description: "cannot connect: \(errno)") }
        try setTimeout(seconds: 10)
    }

    init(path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw Failure(description: "cannot connect: \(errno)") }
        try setTimeout(seconds: 10)
    }

    deinit { close() }

    /// Reads fail after so long; no test waits for ever.
    private func setTimeout(seconds: Int) throws {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    func close() {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if !wasClosed { _ = Glibc.close(descriptor) }
    }

    /// Ends the sending side only.
    func finishSending() { _ = Glibc.shutdown(descriptor, CInt(SHUT_WR)) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "cannot send: \(errno)") }
            offset += count
        }
    }

    /// Sends what fits without waiting, and says how much that was.
    func sendSome(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
        }
    }

    /// One read; `nil` at the end of the stream or when the connection was reset.
    func receive() throws -> [UInt8]? {
        let kept = buffer.withLock { buffer in
            defer { buffer = [] }
            return buffer
        }
        if !kept.isEmpty { return kept }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count > 0 { return Array(bytes[..<count]) }
        if count == 0 || errno == ECONNRESET { return nil }
        throw Failure(description: "nothing came: \(errno)")
    }

    private func keep(_ bytes: ArraySlice<UInt8>) { buffer.withLock { $0 = Array(bytes) + $0 } }

    func readExactly(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = try receive() else { throw Failure(description: "ended after \(bytes.count) bytes") }
            bytes += more
        }
        keep(bytes[count...])
        return Array(bytes[..<count])
    }

    /// Everything up to and with `end`.
    func read(until end: String) throws -> String {
        let end = Array(end.utf8)
        var bytes: [UInt8] = []
        while true {
            if let range = bytes.firstRange(of: end) {
                keep(bytes[range.upperBound...])
                return String(decoding: bytes[..<range.upperBound], as: UTF8.self)
            }
            guard let more = try receive() else {
                throw Failure(description: "ended after '\(String(decoding: bytes, as: UTF8.self))'")
            }
            bytes += more
        }
    }

    /// Everything until the server closes.
    func readToEnd() throws -> String {
        var bytes: [UInt8] = []
        while let more = try receive() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    func readHead() throws -> Answer {
        let lines = try read(until: "\r\n\r\n").split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        guard let status else { throw Failure(description: "no status line: \(lines)") }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        return Answer(status: status, headers: headers, body: "")
    }

    func readAnswer(toHead: Bool = false) throws -> Answer {
        var answer = try readHead()
        if toHead || answer.status == 204 || answer.status == 304 { return answer }
        if let length = answer.header("Content-Length").flatMap({ Int($0) }) {
            answer.body = String(decoding: try readExactly(length), as: UTF8.self)
        } else if answer.header("Transfer-Encoding")?.lowercased() == "chunked" {
            var body: [UInt8] = []
            while let chunk = try readChunk() { body += chunk }
            answer.body = String(decoding: body, as: UTF8.self)
        } else {
            answer.body = try readToEnd()
        }
        return answer
    }

    /// `nil` for the last one.
    func readChunk() throws -> [UInt8]? {
        let line = try read(until: "\r\n").dropLast()
        guard let count = Int(line, radix: 16) else { throw Failure(description: "no chunk size: \(line)") }
        let bytes = try readExactly(count)
        _ = try readExactly(2)
        return count == 0 ? nil : bytes
    }

    func ask(_ method: String = "GET", _ path: String, headers: [String] = [], body: String = "") throws -> Answer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: test"] + headers
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        try send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        return try readAnswer(toHead: method == "HEAD")
    }
}

import Foundation
import Glibc
import HTTPFetching
import Synchronization
import Testing

/// A server of bare sockets on the loopback: each connection gets a thread and a script that controls every byte and
/// every moment. Stops, and closes what is open, when it goes.
final class RawServer: Sendable {
    enum Place: Sendable {
        case port
        case unixSocket(String)
    }

    let port: Int
    private let listener: Int32
    private let place: Place
    private let state = Mutex((isStopped: false, openDescriptors: Set<Int32>(), acceptedCount: 0))

    /// Connections that were accepted so far.
    var acceptedCount: Int { state.withLock { $0.acceptedCount } }
    var openCount: Int { state.withLock { $0.openDescriptors.count } }
    var url: String { "http://127.0.0.1:\(port)" }

    init(_ place: Place = .port, script: @escaping @Sendable (RawConnection) throws -> Void) throws {
        self.place = place
        switch place {
        case .port:
            (listener, port) = try Self.listenOnPort()
        case .unixSocket(let path):
            listener = try Self.listen(onPath: path)
            port = 0
        }
        Thread.detachNewThread { [self] in acceptAll(script) }
    }

    /// Closes the listener and every connection. The scripts see errors and end.
    func stop() {
        let descriptors = state.withLock { state in
            guard !state.isStopped else { return Set<Int32>() }
            state.isStopped = true
            // Under the lock, so that no descriptor is closed by its own thread in between.
            for descriptor in state.openDescriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
            return [listener]
        }
        for descriptor in descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        if case .unixSocket(let path) = place { unlink(path) }
    }

    private func acceptAll(_ script: @escaping @Sendable (RawConnection) throws -> Void) {
        defer { close(listener) }
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            let isTaken = state.withLock { state in
                guard !state.isStopped else { return false }
                state.openDescriptors.insert(descriptor)
                state.acceptedCount += 1
                return true
            }
            guard isTaken else {
                close(descriptor)
                return
            }
            Thread.detachNewThread { [self] in
                let connection = RawConnection(descriptor: descriptor)
                // A script ends by an error when the client goes, which is often the point of the test.
                try? script(connection)
                state.withLock { state in
                    state.openDescriptors.remove(descriptor)
                    _ = close(descriptor)
                }
            }
        }
    }

    private static func listenOnPort() throws -> (Int32, Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.bind(descriptor, address, length) | Glibc.listen(descriptor, 512)
                    | getsockname(descriptor, address, &length)
            }
        }
        guard descriptor >= 0, status == 0 else { throw POSIXError(.EADDRINUSE) }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func listen(onPath path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
                    | Glibc.listen(descriptor, 16)
            }
        }
        guard descriptor >= 0, status == 0 else { throw POSIXError(.EADDRINUSE) }
        return descriptor
    }
}

/// The server's end of one connection. Blocking; its script has a thread of its own.
struct RawConnection: Sendable {
    let descriptor: Int32

    struct Closed: Error {}

    /// Reads the header of a request, its end included. Throws when the client has closed before.
    func readHead() throws -> String {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) { bytes += try read(upTo: 1) }
        return String(decoding: bytes, as: UTF8.self)
    }

    func read(upTo count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = recv(descriptor, &bytes, count, 0)
        guard read > 0 else { throw Closed() }
        return Array(bytes.prefix(read))
    }

    func read(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += try read(upTo: count - bytes.count) }
        return bytes
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Closed() }
            offset += count
        }
    }

    func respond(_ body: String, status: String = "200 OK", headers: String = "") throws {
        try write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    /// Returns when the client has closed its end, and forgets what it sends until then.
    func waitForClose() {
        while (try? read(upTo: 4096)) != nil {}
    }
}

/// A flag that one side raises and the other waits for.
final class Flag: Sendable {
    private let state = Mutex(false)
    var isUp: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
    /// For a script's thread.
    func wait() { while !isUp { usleep(1000) } }
}

final class Counter: Sendable {
    private let state = Mutex(0)
    var value: Int { state.withLock { $0 } }
    @discardableResult func add(_ count: Int = 1) -> Int {
        state.withLock {
            $0 += count
            return $0
        }
    }
}

/// Polls until the condition holds or the time is over, and tells which.
func eventually(within limit: Duration = .seconds(5), _ condition: () -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(2))
    }
    return condition()
}

func expectEventually(sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool) async throws {
    let isMet = try await eventually(condition)
    #expect(isMet, "the condition was not met in time", sourceLocation: sourceLocation)
}

/// Runs a test's body with a server and a client; both are gone afterwards, and no handle is left.
func withServer(
    _ place: RawServer.Place = .port, configuration: HTTPClient.Configuration = HTTPClient.Configuration(),
    script: @escaping @Sendable (RawConnection) throws -> Void,
    _ body: (RawServer, HTTPClient) async throws -> Void
) async throws {
    let server = try RawServer(place, script: script)
    defer { server.stop() }
    try await withClient(configuration) { client in try await body(server, client) }
}

func withClient(
    _ configuration: HTTPClient.Configuration = HTTPClient.Configuration(), _ body: (HTTPClient) async throws -> Void
) async throws {
    let client = try HTTPClient(configuration)
    do {
        try await body(client)
    } catch {
        await client.shutDown()
        throw error
    }
    await client.shutDown()
    #expect(client.statistics == FetchStatistics(liveTransferCount: 0, liveContextCount: 0))
}

internal import CHiredis
internal import Glibc

/// One connection, open or not: a socket and hiredis' reader of replies; closes itself exactly once.
///
/// Not `Sendable`: confined to the thread that opened it. hiredis connects and reads; writing is done here, because its
/// `write` would end the process by SIGPIPE when the server has gone.
@safe
struct RedisConnection: ~Copyable {
    private var handle: UnsafeMutablePointer<redisContext>?
    private let settings: RedisSettings
    /// What waits to be written, and how much of it is.
    private var output: [UInt8] = []
    private var written = 0

    /// A connection that is not open yet.
    init(_ settings: RedisSettings) {
        unsafe handle = nil
        self.settings = settings
    }

    deinit { unsafe redisFree(handle) }

    var isOpen: Bool { unsafe handle != nil }

    mutating func close() {
        unsafe redisFree(handle)
        unsafe handle = nil
        output = []
        written = 0
    }

    /// Connects and greets; blocks its thread up to the connect timeout for each of the two.
    ///
    /// - Throws: `.connection`, or `.refused` when the credentials or the database are not accepted.
    mutating func open() throws(RedisError) {
        close()
        let time = settings.connectTimeout.components
        let limit = timeval(tv_sec: Int(time.seconds), tv_usec: Int(time.attoseconds / 1_000_000_000_000))
        let opened =
            switch settings.address {
            case .socket(let path): unsafe redisConnectUnixWithTimeout(path, limit)
            case .host(let host, let port): unsafe redisConnectWithTimeout(host, Int32(port), limit)
            }
        guard let context = unsafe opened else { throw RedisError(.connection, "no memory for a connection") }
        unsafe handle = context
        do throws(RedisError) {
            guard unsafe context.pointee.err == 0 else {
                throw RedisError(.connection, "\(settings) cannot be reached")
            }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL, 0) | O_NONBLOCK) == 0 else {
                throw RedisError(.connection, "the socket cannot be made non-blocking")
            }
            unsafe context.pointee.flags &= ~REDIS_BLOCK
            try greet()
        } catch {
            close()
            throw error
        }
    }

    private mutating func greet() throws(RedisError) {
        let deadline = ContinuousClock.now + settings.connectTimeout
        let commands = settings.greeting
        for command in commands { RedisArgument.encode(command, to: &output) }
        var answered = 0
        while answered < commands.count {
            try flush()
            if let reply = try nextReply() {
                answered += 1
                if case .failure(let error) = reply { throw error }
                continue
            }
            var descriptors = [pollfd(fd: descriptor, events: events, revents: 0)]
            let left = (deadline - ContinuousClock.now).pollMilliseconds
            guard left > 0, unsafe poll(&descriptors, 1, left) >= 0 || errno == EINTR else {
                throw RedisError(.connection, "\(settings) did not answer in time")
            }
            if descriptors[0].revents != 0 { try receive() }
        }
    }

    /// -1 when it is not open.
    var descriptor: Int32 { unsafe handle.map { unsafe $0.pointee.fd } ?? -1 }

    /// What `poll` is to wait for.
    var events: Int16 { Int16(written < output.count ? POLLIN | POLLOUT : POLLIN) }

    mutating func append(_ bytes: [UInt8]) { output.append(contentsOf: bytes) }

    /// Writes as much as the socket takes.
    mutating func flush() throws(RedisError) {
        while written < output.count {
            let start = written
            let count = unsafe output.withUnsafeBytes { bytes in
                unsafe send(
                    descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { return }
                throw RedisError(.lost, "the connection to Redis was lost")
            }
            written += count
        }
        output.removeAll(keepingCapacity: output.count < 1 << 20)
        written = 0
    }

    /// Takes what has arrived.
    mutating func receive() throws(RedisError) {
        guard let context = unsafe handle, unsafe redisBufferRead(context) == REDIS_OK else {
            throw RedisError(.lost, "the connection to Redis was lost")
        }
        guard unsafe context.pointee.reader.pointee.len <= settings.replyBytesMax else {
            throw RedisError(.unexpected, "a reply of Redis is longer than \(settings.replyBytesMax) bytes")
        }
    }

    /// The next reply among what has arrived; `nil` when it is not whole yet.
    mutating func nextReply() throws(RedisError) -> RedisReply? {
        var pointer: UnsafeMutableRawPointer?
        guard let context = unsafe handle, unsafe redisGetReplyFromReader(context, &pointer) == REDIS_OK else {
            throw RedisError(.unexpected, "Redis answered what is no RESP")
        }
        guard let pointer = unsafe pointer else { return nil }
        defer { unsafe freeReplyObject(pointer) }
        return unsafe Self.reply(pointer.assumingMemoryBound(to: redisReply.self))
    }

    private static func reply(_ pointer: UnsafeMutablePointer<redisReply>) -> RedisReply {
        switch unsafe pointer.pointee.type {
        case REDIS_REPLY_INTEGER: return .integer(unsafe pointer.pointee.integer)
        case REDIS_REPLY_STRING: return .bytes(unsafe text(pointer))
        case REDIS_REPLY_STATUS: return .status(unsafe String(decoding: text(pointer), as: UTF8.self))
        case REDIS_REPLY_ERROR: return .failure(.refused(unsafe String(decoding: text(pointer), as: UTF8.self)))
        case REDIS_REPLY_ARRAY:
            let elements = unsafe UnsafeBufferPointer(start: pointer.pointee.element, count: pointer.pointee.elements)
            return .list(unsafe elements.map { unsafe $0.map { unsafe reply($0) } ?? .nothing })
        default: return .nothing
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<redisReply>) -> [UInt8] {
        let bytes = unsafe UnsafeRawBufferPointer(start: pointer.pointee.str, count: pointer.pointee.len)
        return unsafe Array(bytes)
    }
}

extension Duration {
    /// For `poll`: rounded up, so that a deadline has passed when it returns; 0 for what is past.
    var pollMilliseconds: Int32 {
        guard self > .zero else { return 0 }
        return Int32(min(self / .milliseconds(1) + 1, 60_000))
    }
}

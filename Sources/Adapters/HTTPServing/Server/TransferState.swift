/// What the server's thread and one request's task want from each other. Pure: it decides, ``Transfer`` acts.
///
/// Neither side ever waits for the other while holding anything. The task's side waits by leaving a `Waiter`; the
/// server's side waits by `isParked`: it has suspended the connection, and whoever brings news takes the flag and wakes
/// it, once.
struct TransferState<Waiter> {
    /// Bytes of the request's body kept for a reader that is slower than its client.
    static var uploadBytesMax: Int { 64 * 1024 }
    /// Bytes of the response's body kept for a client that is slower than its producer.
    static var downloadBytesMax: Int { 16 * 1024 }

    private enum Upload {
        /// Nobody asked for the body yet; nothing of it is read from the socket. Can go to: wanted, ended.
        case untouched
        /// Can go to: ended.
        case wanted
        case ended
    }

    private enum Reply {
        /// Can go to: offered.
        case awaited
        /// Can go to: taken.
        case offered(HTTPResponse)
        case taken
    }

    private enum Download {
        /// Can go to: ended, failed.
        case open
        /// What is buffered is still delivered.
        case ended
        case failed
    }

    private var upload = Upload.untouched
    private var chunks: [[UInt8]] = []
    private var chunkBytes = 0
    private var reader: Waiter?
    private var reply = Reply.awaited
    private var download = Download.open
    private var pending: [UInt8] = []
    private var pendingOffset = 0
    private var writer: Waiter?
    private var isParked = false
    private(set) var isAbandoned = false

    private var pendingCount: Int { pending.count - pendingOffset }

    private mutating func unpark() -> Bool {
        defer { isParked = false }
        return isParked
    }
}

// MARK: - The server's side

extension TransferState {
    enum Decision {
        case reply(HTTPResponse)
        case readBody
        case park
        case abort
    }

    enum Receipt {
        case accepted(Waiter?)
        /// The bytes were not taken. The connection is to be suspended until the next wake.
        case full
        /// There is an answer already; the bytes are of no use.
        case unwanted
        case abandoned
    }

    enum Pull {
        case bytes(ArraySlice<UInt8>, Waiter?)
        case park
        case ended
        case failed
    }

    /// What to do with a request that has no answer yet.
    mutating func decide(isUploadOver: Bool) -> Decision {
        if isAbandoned { return .abort }
        if case .offered(let response) = reply {
            reply = .taken
            return .reply(response)
        }
        if case .wanted = upload, !isUploadOver { return .readBody }
        isParked = true
        return .park
    }

    var isReplyOffered: Bool { if case .awaited = reply { false } else { true } }

    mutating func receive(_ bytes: [UInt8]) -> Receipt {
        if isAbandoned { return .abandoned }
        if isReplyOffered { return .unwanted }
        guard chunkBytes == 0 || chunkBytes + bytes.count <= Self.uploadBytesMax else {
            isParked = true
            return .full
        }
        chunks.append(bytes)
        chunkBytes += bytes.count
        defer { reader = nil }
        return .accepted(reader)
    }

    mutating func uploadEnded() -> Waiter? {
        upload = .ended
        defer { reader = nil }
        return reader
    }

    mutating func pull(countMax: Int) -> Pull {
        if isAbandoned { return .failed }
        guard pendingCount > 0 else {
            switch download {
            case .open:
                isParked = true
                return .park
            case .ended: return .ended
            case .failed: return .failed
            }
        }
        let count = min(countMax, pendingCount)
        let bytes = pending[pendingOffset..<pendingOffset + count]
        pendingOffset += count
        if pendingOffset == pending.count {
            pending = []
            pendingOffset = 0
        }
        guard pendingCount < Self.downloadBytesMax else { return .bytes(bytes, nil) }
        defer { writer = nil }
        return .bytes(bytes, writer)
    }

    /// Adds bytes of the server's own between two of the producer's writes, if the stream is open and drained.
    mutating func inject(_ bytes: [UInt8]) -> Bool {
        guard case .open = download, pendingCount == 0, !isAbandoned else { return false }
        pending = bytes
        return unpark()
    }

    /// The connection is gone. Nothing is delivered any more; whoever waits is told.
    mutating func abandon() -> (reader: Waiter?, writer: Waiter?, wasParked: Bool) {
        isAbandoned = true
        chunks = []
        pending = []
        pendingOffset = 0
        reply = .taken
        defer {
            reader = nil
            writer = nil
        }
        return (reader, writer, unpark())
    }
}

// MARK: - The task's side

extension TransferState {
    enum Read {
        case chunk([UInt8], wake: Bool)
        case ended
        case empty(wake: Bool)
        case abandoned
    }

    enum Write {
        case more(wake: Bool)
        case full(wake: Bool)
        case abandoned
    }

    mutating func read() -> Read {
        if isAbandoned { return .abandoned }
        if !chunks.isEmpty {
            let chunk = chunks.removeFirst()
            chunkBytes -= chunk.count
            return .chunk(chunk, wake: unpark())
        }
        switch upload {
        case .ended: return .ended
        case .wanted: return .empty(wake: unpark())
        case .untouched:
            upload = .wanted
            return .empty(wake: unpark())
        }
    }

    /// Whether `waiter` was kept: there is still nothing to read.
    mutating func waitToRead(_ waiter: Waiter) -> Bool {
        if case .ended = upload { return false }
        guard chunks.isEmpty, !isAbandoned else { return false }
        reader = waiter
        return true
    }

    /// Whether the server is to be woken.
    mutating func offer(_ response: HTTPResponse) -> Bool {
        guard case .awaited = reply else { return false }
        reply = .offered(response)
        return unpark()
    }

    mutating func write(_ bytes: [UInt8]) -> Write {
        guard !isAbandoned, case .open = download else { return .abandoned }
        if pendingOffset > 0 {
            pending.removeFirst(pendingOffset)
            pendingOffset = 0
        }
        if pending.isEmpty { pending = bytes } else { pending.append(contentsOf: bytes) }
        guard !bytes.isEmpty else { return .more(wake: false) }
        return pendingCount < Self.downloadBytesMax ? .more(wake: unpark()) : .full(wake: unpark())
    }

    /// Whether `waiter` was kept: there is still no room.
    mutating func waitToWrite(_ waiter: Waiter) -> Bool {
        guard pendingCount >= Self.downloadBytesMax, !isAbandoned else { return false }
        writer = waiter
        return true
    }

    /// Whether the server is to be woken.
    mutating func endDownload(isFailure: Bool) -> Bool {
        guard case .open = download else { return false }
        download = isFailure ? .failed : .ended
        return unpark()
    }

    mutating func takeReader() -> Waiter? {
        defer { reader = nil }
        return reader
    }

    mutating func takeWriter() -> Waiter? {
        defer { writer = nil }
        return writer
    }
}

/// A request's body as it arrives, in chunks of the connection's choosing. One reader, once.
///
/// While nobody reads, the connection is not read either, beyond a small buffer: a slow handler slows its client down
/// and does not fill the memory.
public struct RequestBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    enum Source {
        case bytes([UInt8])
        case transfer(Transfer)
    }

    let source: Source
    /// What `Content-Length` said; `nil` for a chunked body.
    public let declaredBytes: Int?
    /// Reading beyond this throws ``HTTPError`` with status 413. The router sets it from the route.
    public var bytesMax: Int

    init(bytes: [UInt8]) {
        source = .bytes(bytes)
        declaredBytes = bytes.count
        bytesMax = .max
    }

    init(transfer: Transfer, declaredBytes: Int?, bytesMax: Int) {
        source = .transfer(transfer)
        self.declaredBytes = declaredBytes
        self.bytesMax = bytesMax
    }

    public func makeAsyncIterator() -> Iterator { Iterator(body: self) }

    /// The whole body. `limit` counts when it is smaller than the route's.
    ///
    /// - Throws: ``HTTPError`` with status 413 when it is larger, without reading it when its length is declared;
    ///   `CancellationError` when the client vanished.
    /// - Returns: its bytes, without chunk framing.
    public func collect(upTo limit: Int = .max) async throws -> [UInt8] {
        var limited = self
        limited.bytesMax = Swift.min(limit, bytesMax)
        var all: [UInt8] = []
        if let declaredBytes, declaredBytes <= limited.bytesMax { all.reserveCapacity(declaredBytes) }
        for try await chunk in limited { all.append(contentsOf: chunk) }
        return all
    }

    public struct Iterator: AsyncIteratorProtocol {
        private let body: RequestBody
        private var received = 0

        init(body: RequestBody) { self.body = body }

        public mutating func next() async throws -> [UInt8]? {
            if let declared = body.declaredBytes, declared > body.bytesMax {
                throw HTTPError.bodyTooLarge(bytesMax: body.bytesMax)
            }
            let chunk: [UInt8]?
            switch body.source {
            case .bytes(let bytes): chunk = received == 0 && !bytes.isEmpty ? bytes : nil
            case .transfer(let transfer): chunk = try await transfer.readBody()
            }
            received += chunk?.count ?? 0
            guard received <= body.bytesMax else { throw HTTPError.bodyTooLarge(bytesMax: body.bytesMax) }
            return chunk
        }
    }
}

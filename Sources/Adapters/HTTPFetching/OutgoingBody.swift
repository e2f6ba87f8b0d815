/// The request's body as the client's thread hands it out.
enum OutgoingBody {
    case none
    case bytes([UInt8], offset: Int)
    case stream(OutgoingStream)

    var exists: Bool {
        switch self {
        case .none: false
        case .bytes(let bytes, _): !bytes.isEmpty
        case .stream: true
        }
    }

    /// Bytes in all, where known.
    var length: Int? {
        switch self {
        case .none: 0
        case .bytes(let bytes, _): bytes.count
        case .stream(let stream): stream.length
        }
    }

    enum ReadResult {
        case bytes(Int, isLast: Bool)
        case wait
        case end
        case failure(FetchError)
    }

    mutating func read(into target: UnsafeMutableRawBufferPointer) -> ReadResult {
        switch self {
        case .none: return .end
        case .bytes(let bytes, let offset):
            let count = min(target.count, bytes.count - offset)
            guard count > 0 else { return .end }
            unsafe bytes.withUnsafeBytes { source in
                unsafe target.copyMemory(from: .init(rebasing: source[offset..<offset + count]))
            }
            self = .bytes(bytes, offset: offset + count)
            return .bytes(count, isLast: offset + count == bytes.count)
        case .stream(var stream):
            defer { self = .stream(stream) }
            return unsafe stream.read(into: target)
        }
    }

    /// Begins again at `offset`, for a second attempt on a fresh connection.
    ///
    /// - Returns: whether that is possible.
    mutating func seek(to offset: Int) -> Bool {
        switch self {
        case .none: return offset == 0
        case .bytes(let bytes, _):
            guard offset >= 0, offset <= bytes.count else { return false }
            self = .bytes(bytes, offset: offset)
            return true
        case .stream(let stream): return offset == 0 && !stream.isBegun
        }
    }
}

/// A streamed body: what was taken out of its buffer and not handed to libcurl yet.
struct OutgoingStream {
    let buffer: UploadBuffer
    let length: Int?
    /// Bytes went out already: they cannot be had a second time.
    private(set) var isBegun = false
    private var bytes: [UInt8] = []
    private var offset = 0

    init(buffer: UploadBuffer, length: Int?) {
        self.buffer = buffer
        self.length = length
    }

    mutating func read(into target: UnsafeMutableRawBufferPointer) -> OutgoingBody.ReadResult {
        if offset == bytes.count {
            switch buffer.take() {
            case .bytes(let taken): (bytes, offset) = (taken, 0)
            case .wait: return .wait
            case .end: return .end
            case .failure(let error): return .failure(error)
            }
        }
        let count = min(target.count, bytes.count - offset)
        unsafe bytes.withUnsafeBytes { source in
            unsafe target.copyMemory(from: .init(rebasing: source[offset..<offset + count]))
        }
        offset += count
        isBegun = true
        return .bytes(count, isLast: false)
    }
}

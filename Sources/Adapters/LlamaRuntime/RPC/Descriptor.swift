import CLlamaShim
import Glibc

/// A descriptor that is closed when nobody has it any more.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Takes what a call gave; `nil` for a negative number, which is an error.
    init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { close(number) }
}

/// Bytes on their way from one socket to another: taken in when it is empty, handed on until it is.
struct RelayBuffer {
    enum Outcome {
        case some(ArraySlice<UInt8>)
        /// Nothing is there now.
        case nothing
        /// The other end has gone.
        case ended
    }

    private var bytes = [UInt8](repeating: 0, count: RelayBuffer.capacity)
    private var range = 0..<0

    /// Large enough for most answers, and small beside any model.
    static let capacity = 256 << 10

    var isEmpty: Bool { range.isEmpty }

    /// Reads what there is into the empty buffer.
    mutating func fill(from socket: Int32) -> Outcome {
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe read(socket, buffer.baseAddress, buffer.count)
        }
        if count < 0 { return errno == EAGAIN || errno == EINTR ? .nothing : .ended }
        guard count > 0 else { return .ended }
        range = 0..<count
        return .some(bytes[range])
    }

    /// Takes bytes from elsewhere, at most `capacity`.
    mutating func set(_ other: [UInt8]) {
        bytes.replaceSubrange(0..<other.count, with: other)
        range = 0..<other.count
    }

    /// Keeps the first so many bytes only.
    mutating func truncate(to count: Int) { range = range.lowerBound..<(range.lowerBound + count) }

    mutating func clear() { range = 0..<0 }

    /// Writes what the socket takes now.
    ///
    /// - Returns: `false` when the other end has gone.
    mutating func drain(to socket: Int32) -> Bool {
        while !range.isEmpty {
            let sent = unsafe bytes.withUnsafeBytes { buffer in
                unsafe send(
                    socket, buffer.baseAddress?.advanced(by: range.lowerBound), range.count,
                    Int32(MSG_NOSIGNAL))
            }
            if sent < 0 { return errno == EAGAIN || errno == EINTR }
            range = (range.lowerBound + sent)..<range.upperBound
        }
        return true
    }
}

import LlamaRuntime
import Synchronization
import Vocabulary

/// Bounds the memory of images and recordings that are being decoded, wait, or are read.
final class MediaRoom: Sendable {
    /// Chosen: three images of the largest size.
    static let bytesMax = 1 << 30

    private let used = Mutex(0)

    /// Memory that is taken until this goes.
    final class Lease: Sendable {
        private let bytes: Int
        private let room: MediaRoom

        fileprivate init(_ bytes: Int, in room: MediaRoom) {
            self.bytes = bytes
            self.room = room
        }

        deinit { room.used.withLock { $0 -= bytes } }
    }

    /// - Throws: `ServiceError` when there is no room now.
    func take(_ bytes: Int, for part: MediaPart?) throws(ServiceError) -> Lease {
        let hasRoom = used.withLock { used in
            guard used + bytes <= Self.bytesMax else { return false }
            used += bytes
            return true
        }
        guard hasRoom else {
            throw ServiceError(
                .overloaded, "Too many images and recordings are being opened already.",
                hint: "Try again after the time in Retry-After, or send smaller ones.", parameter: part?.field,
                retryAfter: .seconds(1))
        }
        return Lease(bytes, in: self)
    }
}

/// A chunk of a prompt, with the room that it takes for as long as its request lives.
final class ReadyChunk: Sendable {
    /// What a row's pixels or samples take until they are vectors: about what the projectors of 2025 look at.
    static let bytesPerRow = 16 << 10

    let chunk: LlamaMediaChunk
    private let lease: MediaRoom.Lease

    init(_ chunk: LlamaMediaChunk, _ lease: MediaRoom.Lease) {
        self.chunk = chunk
        self.lease = lease
    }
}

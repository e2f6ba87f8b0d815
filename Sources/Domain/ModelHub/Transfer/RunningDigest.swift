import Digests
import Synchronization

/// The checksum of a file that is made while the file arrives. Safe to use from any thread; the bytes must come in
/// order, so that one task feeds it.
public final class RunningDigest: Sendable {
    private let state: Mutex<State>

    private enum State: ~Copyable {
        case sha256(SHA256)
        case gitBlob(SHA1)
        case finished
    }

    /// - Parameters:
    ///   - checksum: what the result will be compared with; `nil` makes a SHA-256.
    ///   - size: bytes of the whole file, which git's names begin with.
    public init(for checksum: HubChecksum?, size: Int) {
        switch checksum {
        case .gitBlob:
            var hash = SHA1()
            hash.update(Array("blob \(size)\0".utf8))
            state = Mutex(.gitBlob(hash))
        case .sha256, nil: state = Mutex(.sha256(SHA256()))
        }
    }

    /// Takes the next bytes of the file.
    public func update(_ bytes: [UInt8]) {
        state.withLock { state in
            switch consume state {
            case .sha256(var hash):
                hash.update(bytes)
                state = .sha256(hash)
            case .gitBlob(var hash):
                hash.update(bytes)
                state = .gitBlob(hash)
            case .finished: preconditionFailure("a digest takes no bytes after its end")
            }
        }
    }

    /// The checksum of all bytes so far. Asked once.
    public func finish() -> HubChecksum {
        state.withLock { state in
            switch consume state {
            case .sha256(let hash):
                state = .finished
                return .sha256(hash.finish().hexadecimal)
            case .gitBlob(let hash):
                state = .finished
                return .gitBlob(hash.finish())
            case .finished: preconditionFailure("a digest is finished once")
            }
        }
    }
}

import Digests
import Foundation
import Synchronization
import TestRandomness

@testable import CacheFiles

/// A folder of the test's own, which goes with the value, and what a cache in it tells.
final class Scratch: Sendable {
    let path: String
    private let isOwner: Bool
    private let events = Mutex<[CacheFolderEvent]>([])

    /// What was told so far.
    var told: [CacheFolderEvent] { events.withLock { $0 } }

    init() {
        path = NSTemporaryDirectory() + "nexus-cache-\(UUID().uuidString)"
        isOwner = true
    }

    /// The folder of the test that started this process.
    init(path: String) {
        self.path = path
        isOwner = false
    }

    deinit { if isOwner { try? FileManager.default.removeItem(atPath: path) } }

    func open(_ model: String = "model", bytesMax: Int = 1 << 30) -> CacheFolder {
        open(CacheFolder.Options(path: path, fingerprint: Scratch.fingerprint(model), bytesMax: bytesMax))
    }

    func open(_ options: CacheFolder.Options) -> CacheFolder {
        CacheFolder(options) { [weak self] event in self?.events.withLock { $0.append(event) } }
    }

    static func fingerprint(_ model: String) -> SHA256.Digest { SHA256.digest(of: Array(model.utf8)) }

    func files(_ model: String = "model") -> StateFiles {
        StateFiles(
            folder: "\(path)/\(Scratch.fingerprint(model).hexadecimal.prefix(32))",
            fingerprint: Scratch.fingerprint(model), fileBytesMax: 1 << 30)
    }

    func names(_ model: String = "model") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: files(model).folder)) ?? []).sorted()
    }
}

/// A state whose bytes follow from its tokens, so that whoever reads it can tell whether they are right.
func keptState(_ number: Int32, tenant: String? = nil, tokens count: Int = 20, start: Int = 4, bytes: Int = 3_000)
    -> KeptState
{
    var random = SeededRandom(seed: UInt64(number) &+ 1)
    return KeptState(
        tenant: tenant, tokens: [number] + (1..<Int32(count)), start: start,
        state: (0..<bytes).map { _ in UInt8.random(in: 0...255, using: &random) })
}

extension CacheFolder {
    /// Puts a state and waits for its file.
    func keep(_ state: KeptState) -> String? {
        let name = put(state)
        return settle(within: .seconds(60)) ? name : nil
    }
}

import Foundation

/// Which file lies at a path: a worker goes on with the one that it has mapped when another takes its place.
struct ModelFileIdentity: Sendable, Equatable {
    private let device: UInt64
    private let node: UInt64
    private let bytes: Int64
    private let changedAt: Int64

    /// Equal for the same file, and no name of it.
    var text: String { "\(device).\(node).\(bytes).\(changedAt)" }

    /// The file that lies there now; `nil` when there is none.
    init?(_ path: String) {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        device = UInt64(information.st_dev)
        node = UInt64(information.st_ino)
        bytes = Int64(information.st_size)
        changedAt = Int64(information.st_mtim.tv_sec) * 1_000_000_000 + Int64(information.st_mtim.tv_nsec)
    }
}

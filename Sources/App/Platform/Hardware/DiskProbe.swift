import Foundation
import Hardware

/// Looks at the disk under a folder.
struct DiskProbe: Sendable {
    let files: HardwareFiles

    /// A server of files that does not answer keeps whoever asks for its size waiting, perhaps for ever.
    private static let patience = Duration.seconds(3)

    /// The disk of a folder, or of the nearest folder above it that exists.
    func disk(of folder: String, mounts: MountTable, notes: inout [HardwareNote]) async -> Disk? {
        guard let size = await Self.size(of: folder) else {
            notes.append(
                HardwareNote(
                    .disk, .timedOut, "The disk of \(folder) did not say how large it is.",
                    hint: "Is it on another machine that does not answer?"))
            return nil
        }
        guard let size = size.value else {
            notes.append(HardwareNote(.disk, .unreadable, "The disk of \(folder) cannot be read."))
            return nil
        }
        var disk = Disk(path: size.path, totalBytes: size.total, freeBytes: size.free, isReadOnly: size.isReadOnly)
        guard let mount = mounts.mount(of: size.path) else { return disk }
        disk.fileSystem = mount.type
        disk.device = mount.source.hasPrefix("/") ? mount.source : nil
        disk.kind = MountTable.kind(ofType: mount.type)
        if disk.kind == .unknown { disk.kind = kind(ofDevice: mount.device) }
        return disk
    }

    /// By the kernel's word for rotating disks; a partition has it at the disk above.
    private func kind(ofDevice number: String) -> Disk.Kind {
        let folder = "/sys/dev/block/\(number)/"
        switch (files.text(folder + "queue/rotational") ?? files.text(folder + "../queue/rotational"))?.first {
        case "0": return .solidState
        case "1": return .rotating
        default: return .unknown
        }
    }

    private struct Size: Sendable {
        var path: String
        var total: UInt64
        var free: UInt64
        var isReadOnly: Bool
    }

    private struct Answer: Sendable { var value: Size? }

    /// Asked on a thread of its own; `nil` when no answer came in time.
    private static func size(of folder: String) async -> Answer? {
        let once = Once()
        return await withCheckedContinuation { (answered: CheckedContinuation<Answer?, Never>) in
            Thread.detachNewThread {
                let answer = Answer(value: measure(folder))
                if once.claim() { answered.resume(returning: answer) }
            }
            Task {
                do { try await Task.sleep(for: patience) } catch { return }
                if once.claim() { answered.resume(returning: nil) }
            }
        }
    }

    private static func measure(_ folder: String) -> Size? {
        var path = URL(filePath: folder).resolvingSymlinksInPath().path
        while access(path, F_OK) != 0, path != "/" {
            path = URL(filePath: path).deletingLastPathComponent().path
            if path.isEmpty { path = "/" }
        }
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        let (total, isOver) = UInt64(status.f_blocks).multipliedReportingOverflow(by: block)
        guard !isOver else { return nil }
        return Size(
            path: path, total: total, free: UInt64(status.f_bavail) &* block,
            isReadOnly: status.f_flag & UInt(ST_RDONLY) != 0)
    }
}

import Foundation

/// Names a process among all that may use the same database, so that others on this machine can tell whether it is gone.
struct ProcessOwner: Sendable, Equatable {
    /// The machine since its last start, and the processes that can see each other on it.
    let space: String
    let process: Int32
    /// When it started, in the kernel's ticks: numbers of processes are used again.
    let started: UInt64

    /// This process.
    static func current() -> ProcessOwner {
        let id = getpid()
        return ProcessOwner(space: space(), process: id, started: start(of: id) ?? 0)
    }

    init(space: String, process: Int32, started: UInt64) {
        self.space = space
        self.process = process
        self.started = started
    }

    /// What ``text`` gave; `nil` when it is something else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let process = Int32(parts[1]), let started = UInt64(parts[2]) else { return nil }
        self.init(space: String(parts[0]), process: process, started: started)
    }

    var text: String { "\(space)/\(process)/\(started)" }

    /// Whether the process is known to have ended. One on another machine, or one that cannot be seen from here, is not.
    var isGone: Bool { space == Self.space() && Self.start(of: process) != started }

    private static func space() -> String {
        let boot = read("/proc/sys/kernel/random/boot_id")?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        var buffer = [CChar](repeating: 0, count: 64)
        let count = max(0, readlink("/proc/self/ns/pid", &buffer, buffer.count - 1))
        let names = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return "\(boot):\(names)"
    }

    /// The 22nd field of `/proc/<id>/stat`, counted after the name in parentheses. Source: proc(5).
    private static func start(of process: Int32) -> UInt64? {
        guard let text = read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // A zombie has ended, too.
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }

    private static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

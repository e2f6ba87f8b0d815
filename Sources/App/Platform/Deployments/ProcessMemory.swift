import Foundation

/// What processes and this machine have of memory, as Linux tells it.
enum ProcessMemory {
    /// Resident bytes of a process, mapped files included; `nil` when it is gone.
    ///
    /// Source: proc_pid_statm(5).
    static func resident(_ process: Int32) -> UInt64? {
        guard let text = text("/proc/\(process)/statm"), let pages = text.split(separator: " ").dropFirst().first,
            let count = UInt64(pages)
        else { return nil }
        return count * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func text(_ path: String) -> String? {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            return nil
        }
    }
}

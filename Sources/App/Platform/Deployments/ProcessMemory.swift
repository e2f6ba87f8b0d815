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

    /// What this process may use together with its children: the machine's memory, or its control group's limit.
    ///
    /// Source: proc_meminfo(5); cgroup-v2, `memory.max`.
    static var machineBytes: UInt64 {
        let pages = UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(sysconf(Int32(_SC_PAGESIZE)))
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap {
            text($0).flatMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        return limits.reduce(pages, min)
    }

    /// The budget where nobody set one: nine tenths, and at least half a gibibyte for everything else.
    static var budget: UInt64 {
        let all = machineBytes
        return min(all / 10 * 9, all > 1 << 30 ? all - 512 << 20 : all / 2)
    }

    private static func text(_ path: String) -> String? {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            return nil
        }
    }
}

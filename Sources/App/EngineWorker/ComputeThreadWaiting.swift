import Foundation

/// How long compute threads spin between two steps before they sleep. Within a step the time is learned
/// (`scripts/llama.cpp/barrier-waits.patch`).
///
/// OpenMP reads it from the environment before the first line of this program runs, so the program starts once more in
/// place, with the same process id and descriptors, when nobody has said anything. A short spin costs a quiet machine
/// nearly nothing; a long one makes a busy machine slower. Between two steps of 4 answers by 94 M parameters are 110 microseconds:
/// threads that are still awake then save 1 to 3 % of a step, and a neighbour on all cores makes no more difference than with a
/// third of it.
public enum ComputeThreadWaiting {
    private static let variable = "GOMP_SPINCOUNT"
    /// About 120 microseconds.
    private static let spins = "6000"

    /// Starts this program once more with the variable set, unless it is. Returns only when there is nothing to do, or
    /// when it cannot be done, which costs speed and nothing else.
    ///
    /// - Parameters:
    ///   - arguments: all of the process's, with its name.
    ///   - environment: all variables of the process.
    public static func settle(_ arguments: [String], environment: [String: String]) {
        guard environment[variable] == nil, environment["OMP_WAIT_POLICY"] == nil else { return }
        var variables = environment.map { "\($0.key)=\($0.value)" }
        variables.append("\(variable)=\(spins)")
        guard let link = realpath("/proc/self/exe", nil) else { return }
        defer { free(link) }
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        execve(link, &argv, &envp)
        for pointer in argv + envp { free(pointer) }
    }
}

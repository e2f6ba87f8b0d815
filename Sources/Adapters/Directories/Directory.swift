import Glibc
import Synchronization

/// A directory that people's passwords are checked with. Each check runs on a thread of its own, because OpenLDAP's
/// library blocks; no thread of Swift's cooperative pool ever waits for it.
public final class Directory: Sendable {
    /// Checks at once; one more is refused as `unavailable`. A directory that hangs must not take the machine's threads.
    public static let checksMax = 16

    private let settings: DirectorySettings
    private let checkCount = Mutex(0)

    public init(_ settings: DirectorySettings) { self.settings = settings }

    /// Finds a person's entry, and has the directory check their password: bind, search, bind.
    ///
    /// - Parameters:
    ///   - name: as they typed it, 1 to 256 bytes.
    ///   - password: not empty, at most 1,024 bytes.
    /// - Returns: who they are.
    /// - Throws: ``DirectoryError``; `invalidCredentials` for an unknown name as for a wrong password.
    public func signIn(name: String, password: String) async throws(DirectoryError) -> DirectoryEntry {
        guard (1...SearchFilter.valueBytesMax).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw DirectoryError(.invalidCredentials, detail: "the name is empty or too long")
        }
        guard (1...1_024).contains(password.utf8.count), !password.utf8.contains(0) else {
            throw DirectoryError(.invalidCredentials, detail: "the password is empty or too long")
        }
        let isFree = checkCount.withLock { count in
            guard count < Self.checksMax else { return false }
            count += 1
            return true
        }
        guard isFree else { throw DirectoryError(.unavailable, detail: "\(Self.checksMax) checks are under way") }
        defer { checkCount.withLock { $0 -= 1 } }
        let check = PasswordCheck(settings: settings, name: name, password: password)
        return try await Self.onThread { check.result() }.get()
    }

    private static func onThread(
        _ work: @escaping @Sendable () -> Result<DirectoryEntry, DirectoryError>
    ) async -> Result<DirectoryEntry, DirectoryError> {
        await withCheckedContinuation { continuation in
            let job = Job { continuation.resume(returning: work()) }
            var thread = pthread_t()
            // Balanced in `jobMain`, which is the only place that takes the reference back.
            let retained = unsafe Unmanaged.passRetained(job)
            guard unsafe pthread_create(&thread, nil, jobMain, retained.toOpaque()) == 0 else {
                unsafe retained.release()
                continuation.resume(
                    returning: .failure(DirectoryError(.unavailable, detail: "no thread could be started")))
                return
            }
            pthread_detach(thread)
        }
    }
}

private final class Job: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func jobMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { preconditionFailure("the thread is started with its job") }
    unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
    return nil
}

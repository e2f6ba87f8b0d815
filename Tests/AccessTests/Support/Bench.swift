import Digests
import Synchronization
import Telemetry
import TestRandomness
import Vocabulary

@testable import Access

/// Accounts over a store in memory, with a clock that is moved by hand and chance from a seed.
struct Bench {
    let store = MemoryAccounts()
    let tallies = MemoryTallies()
    let hasher = CountingHasher()
    let clock = HandClock()

    static let password = Redacted("correct horse battery")
    static let client = ClientTrace(address: "192.0.2.1", agent: "tests")

    func open(_ settings: AccessSettings = AccessSettings()) async throws -> Accounts {
        try await Accounts.open(surroundings, settings: settings)
    }

    var surroundings: Accounts.Surroundings {
        let random = Mutex(SeededRandom(seed: 7))
        let tools = SecretTools(
            random: { count in
                random.withLock { random in (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
            },
            hash: { bytes, key in SHA256.digest(of: key + bytes).bytes }, isEqual: { $0 == $1 })
        return Accounts.Surroundings(
            store: store, tallies: tallies, tools: tools, hasher: hasher, now: { [clock] in clock.now })
    }

    /// Accounts with the administrator `ada` and the user `bob`.
    func openWithPeople(_ settings: AccessSettings = AccessSettings()) async throws -> (Accounts, ada: User, bob: User)
    {
        let accounts = try await open(settings)
        let ada = try await accounts.createUser(
            UserOrder(name: "ada", role: .admin, password: Self.password), by: .local)
        let bob = try await accounts.createUser(UserOrder(name: "bob", password: Self.password), by: .local)
        return (accounts, ada, bob)
    }
}

extension Accounts {
    /// Signs in with the tests' password.
    func enter(_ name: String, code: String? = nil, from address: String = "192.0.2.1") async throws -> StartedSession {
        try await signIn(
            SignInAttempt(name: name, password: Bench.password, code: code, client: ClientTrace(address: address)))
    }

    /// The caller of a session that was begun.
    nonisolated func caller(_ started: StartedSession) throws -> Principal {
        guard let principal = credentials.principal(forSession: started.token.revealed) else {
            throw ServiceError(.unauthenticated, "the session does not count")
        }
        return principal
    }
}

final class HandClock: Sendable {
    private let time = Mutex(UnixTime(seconds: 1_800_000_000))
    var now: UnixTime { time.withLock(\.self) }
    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// Not a slow hash; it counts how often it is asked to be one.
final class CountingHasher: PasswordHashing {
    struct Counts: Equatable {
        var hashes = 0
        var checks = 0
    }

    private let state = Mutex((counts: Counts(), generation: 1))

    var counts: Counts { state.withLock { $0.counts } }
    /// From now on, what was hashed before is outdated.
    func changeParameters() { state.withLock { $0.generation += 1 } }

    func hash(_ password: Redacted<String>) async throws -> Redacted<String> {
        state.withLock { state in
            state.counts.hashes += 1
            return Redacted("\(state.generation):\(SHA256.digest(of: Array(password.revealed.utf8)).hexadecimal)")
        }
    }

    func verify(_ password: Redacted<String>, against hash: Redacted<String>) async throws -> PasswordVerdict {
        state.withLock { state in
            state.counts.checks += 1
            let parts = hash.revealed.split(separator: ":")
            guard parts.last.map(String.init) == SHA256.digest(of: Array(password.revealed.utf8)).hexadecimal else {
                return .wrong
            }
            return parts.first == "\(state.generation)" ? .right : .rightAndOutdated
        }
    }
}

/// Records without a database, with its rules: names are unique, and codes count once.
final class MemoryAccounts: AccessStore {
    private let records = Mutex(AccessRecords())

    var kept: AccessRecords { records.withLock(\.self) }

    func load() async throws -> AccessRecords { kept }
    func revision() async throws -> Int64 { kept.revision }

    func apply(_ changes: [AccessChange]) async throws {
        try records.withLock { records in
            var next = records
            for change in changes {
                switch change {
                case .saveUser(let user):
                    if next.users.values.contains(where: { $0.name == user.name && $0.id != user.id }) {
                        throw AccessConflict()
                    }
                case .useStep(let id, let step):
                    guard let last = next.users[id]?.secondFactor?.lastStep, last < step else { throw AccessConflict() }
                case .useRecovery(let id, let hash):
                    guard next.users[id]?.secondFactor?.recoveryHashes.contains(hash) == true else {
                        throw AccessConflict()
                    }
                default: break
                }
                next.apply(change)
            }
            if changes.contains(where: \.isRevision) { next.revision += 1 }
            records = next
        }
    }
}

/// Tallies without a database.
final class MemoryTallies: SignInTallyStore {
    private let kept = Mutex<[[UInt8]: SignInTally]>([:])

    var all: [[UInt8]: SignInTally] { kept.withLock(\.self) }

    func tallies(of keys: [[UInt8]]) async throws -> [[UInt8]: SignInTally] { all.filter { keys.contains($0.key) } }

    func change(
        _ keys: [[UInt8]], _ decide: @Sendable ([[UInt8]: SignInTally]) throws -> [[UInt8]: SignInTally]
    ) async throws {
        try kept.withLock { kept in
            let wanted = try decide(kept.filter { keys.contains($0.key) })
            for key in keys { kept[key] = wanted[key] }
        }
    }

    func trim(before moment: UnixTime, keeping countMax: Int) async throws {
        kept.withLock { kept in
            let newest = kept.filter { $0.value.last >= moment }.sorted { $0.value.last > $1.value.last }
            kept = [:]
            for (key, tally) in newest.prefix(countMax) { kept[key] = tally }
        }
    }
}

/// The code of an error, or `nil` when nothing is thrown.
func code(of body: () async throws -> Void) async -> ServiceError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? ServiceError)?.code
    }
}

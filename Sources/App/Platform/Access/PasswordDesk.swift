import Access
import Cryptography
import Telemetry
import Vocabulary

/// Where passwords are hashed: on threads of their own, a few at a time, because each takes as much memory as its parameters
/// say; others wait in line, and too many are refused.
actor PasswordDesk: PasswordHashing {
    /// Passwords that are hashed at the same time.
    static let atOnceMax = 2
    /// Callers that wait.
    static let waitingMax = 64

    private nonisolated let hash: PasswordHash
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ parameters: PasswordHash.Parameters) { hash = PasswordHash(parameters) }

    func hash(_ password: Redacted<String>) async throws -> Redacted<String> {
        let hash = hash
        return try await work {
            do {
                return Redacted(try hash.make(Array(password.revealed.utf8)))
            } catch {
                throw ServiceError(
                    .overloaded, "There is no memory to check passwords with.", hint: "Try again shortly.")
            }
        }
    }

    func verify(_ password: Redacted<String>, against kept: Redacted<String>) async throws -> PasswordVerdict {
        let hash = hash
        return try await work {
            guard hash.verify(Array(password.revealed.utf8), against: kept.revealed) else { return .wrong }
            return hash.isOutdated(kept.revealed) ? .rightAndOutdated : .right
        }
    }

    private func work<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        if running >= Self.atOnceMax {
            guard waiting.count < Self.waitingMax else {
                throw ServiceError(
                    .overloaded, "Too many people sign in at the same time.", hint: "Try again shortly.",
                    retryAfter: .seconds(2))
            }
            // Whoever is done hands its place over, so `running` stays.
            await withCheckedContinuation { waiting.append($0) }
        } else {
            running += 1
        }
        defer { if waiting.isEmpty { running -= 1 } else { waiting.removeFirst().resume() } }
        return try await BlockingWork.run(body)
    }
}

extension SecretTools {
    /// libsodium's.
    static let sodium = SecretTools(
        random: { SecureRandom.bytes($0) }, hash: { KeyedHash.hash($0, key: $1) },
        isEqual: { ConstantTime.isEqual($0, $1) })
}

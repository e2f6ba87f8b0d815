import Access
import JSONText
import Records
import Telemetry

/// The server's signing keys, sealed in the database: all processes that share it sign with the same ones.
struct SigningKeyStore: Sendable {
    let records: TokenKeyRecords
    let sealer: SecretSealer
    let file: SigningKeyFile
    let logger: Logger
    private let signer = SodiumSignatures()

    /// What the envelope belongs to.
    private static let place = "token-keys"
    /// Attempts where other processes change the keys at the same moment.
    private static let attemptsMax = 8

    struct Kept: Sendable {
        let keys: SigningKeys
        let revision: Int64
    }

    init(records: TokenKeyRecords, sealer: SecretSealer, file: SigningKeyFile, logger: Logger) {
        self.records = records
        self.sealer = sealer
        self.file = file
        self.logger = logger
    }

    /// The keys, which are made where there are none. Those of a file are taken over, and the file is removed.
    ///
    /// Where they cannot be opened, because the key that sealed them is not there, this process has keys of its own: tokens that
    /// are out are refused, those that it makes count here and until it ends, and nothing is changed in the database before
    /// somebody orders new keys.
    ///
    /// - Parameter now: Unix time in seconds.
    /// - Returns: the keys, with the revision that they were read at.
    /// - Throws: when the file cannot be used, or the database not be read.
    func open(now: Int64) async throws -> Kept {
        let former = try file.load(signer: signer)
        if try await records.load() == nil {
            _ = try await records.add(sealed(former ?? SigningKeys(now: now, signer: signer)))
        }
        var kept: Kept
        do {
            kept = try await load()
        } catch let error as SealingError {
            logger.error(
                "signing keys cannot be opened; `nexus tokens rotate` makes new ones", [.error: .error(error)])
            return Kept(
                keys: SigningKeys(now: now, signer: signer), revision: try await records.revision() ?? 0)
        }
        for _ in 0..<Self.attemptsMax {
            guard let former, former != kept.keys, let merged = kept.keys.believing(former.current) else { break }
            // Another process was first: what this one has signed is still believed.
            if try await records.replace(sealed(merged), expecting: kept.revision) { break }
            kept = try await load()
        }
        if former != nil {
            try file.remove()
            logger.notice("signing keys were taken from their file into the database", ["file": .string(file.path)])
            kept = try await load()
        }
        return kept
    }

    /// What is kept now.
    func load() async throws -> Kept {
        guard let row = try await records.load() else {
            throw SigningKeyFile.Unusable(
                description: "the database has lost its signing keys: start again to make new ones")
        }
        let text = try sealer.open(row.envelope, for: Self.place)
        guard let keys = SigningKeys(json: try JSONValue.parse(text), signer: signer) else {
            throw SigningKeyFile.Unusable(description: "the database holds something else than signing keys")
        }
        return Kept(keys: keys, revision: row.revision)
    }

    /// Changes the keys, in all processes.
    ///
    /// - Parameters:
    ///   - known: as they were.
    ///   - change: makes others of them; `nil` leaves them. Called again where another process was faster.
    /// - Returns: the keys as they are now.
    /// - Throws: when they cannot be sealed or kept.
    func update(_ known: Kept, _ change: (SigningKeys) -> SigningKeys?) async throws -> Kept {
        var kept = known
        for _ in 0..<Self.attemptsMax {
            guard let changed = change(kept.keys) else { return kept }
            if try await records.replace(sealed(changed), expecting: kept.revision) {
                return Kept(keys: changed, revision: kept.revision + 1)
            }
            kept = try await load()
        }
        throw SigningKeyFile.Unusable(description: "the signing keys are changed by others all the time")
    }

    private func sealed(_ keys: SigningKeys) -> String { sealer.seal(keys.json.text, for: Self.place) }
}

public import Telemetry
public import Vocabulary

/// What a device needs to show codes; shown once.
public struct SecondFactorOffer: Sendable {
    /// For those who type.
    public let secret: Redacted<String>
    /// For a QR code.
    public let url: Redacted<String>
}

extension Accounts {
    /// Makes a secret for a new device. It counts when ``confirmSecondFactor(of:code:client:)`` has seen a code of it.
    ///
    /// - Parameter caller: whose.
    /// - Returns: what the device needs.
    /// - Throws: `conflict` when there is a second factor already.
    public func offerSecondFactor(to caller: Principal) async throws -> SecondFactorOffer {
        let secret = tools.random(OneTimeCode.secretByteCount)
        let issuer = settings.issuer
        return try await change { state in
            guard var user = state.records.users[caller.user] else { throw Self.noUser }
            guard user.secondFactor?.isConfirmed != true else {
                throw ServiceError(
                    .conflict, "There is a second factor already.",
                    hint: "Take it away first: DELETE /api/v1/session/totp.")
            }
            user.secondFactor = SecondFactor(secret: Redacted(secret))
            let offer = SecondFactorOffer(
                secret: Redacted(SecretText.standardBase32(secret)),
                url: Redacted(OneTimeCode.url(secret, name: user.name, issuer: issuer)))
            return ([.saveUser(user)], offer)
        }
    }

    /// Turns the second factor on with a first code of the device.
    ///
    /// - Parameters:
    ///   - caller: whose.
    ///   - code: what the device shows.
    ///   - client: where they sit.
    /// - Returns: recovery codes, shown once.
    /// - Throws: `invalidValue` when the code is wrong, `conflict` when there is nothing to confirm.
    public func confirmSecondFactor(
        of caller: Principal, code: String, client: ClientTrace
    ) async throws -> [Redacted<String>] {
        let name = index.read { $0.records.users[caller.user]?.name } ?? ""
        let counted = try await throttle.begin(name: name, address: client.address, now: now())
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.make(tools.random(RecoveryCode.byteCount)) }
        let hashes = codes.compactMap(RecoveryCode.normalised).map { tools.hash($0, .recovery, key: hashKey) }
        let (now, isEqual) = (now(), tools.isEqual)
        try await change { state in
            guard var user = state.records.users[caller.user], var factor = user.secondFactor, !factor.isConfirmed
            else {
                throw ServiceError(
                    .conflict, "There is no second factor to confirm.", hint: "Begin with POST /api/v1/session/totp.")
            }
            guard
                let step = OneTimeCode.step(
                    of: code, factor.secret.revealed, now: now, after: factor.lastStep, isEqual: isEqual)
            else {
                throw ServiceError(
                    .invalidValue, "The code is wrong.", hint: "Is the device's clock right?", parameter: "code")
            }
            factor.isConfirmed = true
            factor.lastStep = step
            factor.recoveryHashes = hashes
            user.secondFactor = factor
            return ([.saveUser(user)], ())
        }
        try await throttle.succeed(counted)
        tell(.secondFactorOn, by: caller, caller.user.text)
        return codes.map { Redacted($0) }
    }

    /// Takes one's own second factor away.
    ///
    /// - Parameters:
    ///   - caller: whose.
    ///   - code: of the device, or a recovery code.
    ///   - client: where they sit.
    /// - Throws: `forbidden` when the code is wrong.
    public func removeSecondFactor(of caller: Principal, code: String, client: ClientTrace) async throws {
        guard let user = index.read({ $0.records.users[caller.user] }), let factor = user.secondFactor else {
            throw ServiceError(.notFound, "There is no second factor.", hint: "POST /api/v1/session/totp makes one.")
        }
        if factor.isConfirmed {
            let counted = try await throttle.begin(name: user.name, address: client.address, now: now())
            guard try await useCode(code, of: user) else {
                throw ServiceError(
                    .forbidden, "The code is wrong or was used already.", hint: "Wait for the next one.",
                    parameter: "code")
            }
            try await throttle.succeed(counted)
        }
        try await removeSecondFactor(of: user.id, by: caller)
    }

    /// Takes a user's second factor away: for those who lost device and recovery codes.
    public func removeSecondFactor(of id: UserID, by caller: Principal?) async throws {
        try await change { state in
            guard var user = state.records.users[id] else { throw Self.noUser }
            user.secondFactor = nil
            return ([.saveUser(user)], ())
        }
        tell(.secondFactorOff, by: caller, id.text)
    }

    /// Uses up a code.
    ///
    /// - Parameters:
    ///   - code: of the device, or a recovery code.
    ///   - user: with a second factor.
    /// - Returns: whether it counted. The database decides, so that it counts once even where several processes serve.
    /// - Throws: what the database throws.
    func useCode(_ code: String, of user: User) async throws -> Bool {
        let (now, tools, key) = (now(), tools, hashKey)
        let recovery = RecoveryCode.normalised(code).map { tools.hash($0, .recovery, key: key) }
        do {
            let isRecovery: Bool? = try await change { state in
                guard let factor = state.records.users[user.id]?.secondFactor else { return ([], nil) }
                if let step = OneTimeCode.step(
                    of: code, factor.secret.revealed, now: now, after: factor.lastStep, isEqual: tools.isEqual)
                {
                    return ([.useStep(user.id, step)], false)
                }
                guard let recovery, let hash = factor.recoveryHashes.first(where: { tools.isEqual($0, recovery) })
                else {
                    return ([], nil)
                }
                return ([.useRecovery(user.id, hash)], true)
            }
            if isRecovery == true { tell(.recoveryCodeUsed, by: nil, user.id.text) }
            return isRecovery != nil
        } catch let error as ServiceError where error.code == .conflict {
            return false
        }
    }
}

import Access
import HTTPServing
import JSONText
import RequestScope
import Telemetry
import Vocabulary

/// What routes about access read of requests.
extension HTTPRequest {
    /// Who asks.
    var caller: Principal { Principal.current ?? .open }

    /// Where they sit.
    var trace: ClientTrace { ClientTrace(address: client.address, agent: headers["User-Agent"] ?? "") }

    /// Reads the JSON body.
    ///
    /// - Parameters:
    ///   - members: that it may have; others are refused, so that a typing error is no silent "no".
    ///   - mayBeEmpty: whether no body is the same as `{}`.
    ///   - read: takes what is wanted.
    /// - Returns: what `read` returns.
    /// - Throws: `ServiceError` with the path of what is wrong.
    func read<Result>(
        _ members: [String], mayBeEmpty: Bool = false, _ read: (JSONField) throws(JSONFieldError) -> Result
    ) async throws -> Result {
        let body = try await DeploymentRoutes.body(self, mayBeEmpty: mayBeEmpty)
        do {
            for (name, _) in body.value.object ?? [:] where !members.contains(name) {
                throw JSONFieldError(
                    path: name, problem: "is unknown here; there are \(members.joined(separator: ", "))")
            }
            return try read(body)
        } catch {
            throw ServiceError(reading: error)
        }
    }
}

extension JSONField {
    /// A password, which nobody is shown again.
    func password() throws(JSONFieldError) -> Redacted<String> {
        Redacted(try keptText(bytesIn: 1...PasswordRules.bytesMax))
    }

    /// A text of up to 256 bytes; the domain knows more.
    func shortText() throws(JSONFieldError) -> String { try keptText(bytesIn: 1...256) }

    /// A list of names.
    func names() throws(JSONFieldError) -> [String] {
        var names: [String] = []
        for element in try elements(countMax: 100) { names.append(try element.keptText(bytesIn: 1...256)) }
        return names
    }

    /// One of the words of a closed set.
    func choice<Word: RawRepresentable & CaseIterable>() throws(JSONFieldError) -> Word where Word.RawValue == String {
        let text = try string()
        guard let word = Word(rawValue: text) else {
            throw fail("must be one of \(Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
        }
        return word
    }

    /// A moment as Unix time in seconds, up to the year 2200.
    func moment() throws(JSONFieldError) -> UnixTime {
        UnixTime(nanoseconds: Int64(try number(in: 0...7_258_118_400) * 1_000) * 1_000_000)
    }

    /// A share of what is waited for.
    func weight() throws(JSONFieldError) -> Double { try number(in: SchedulingOptions.tenantWeights) }

    /// What the member `weight` is to become: `nil` where it is not there, `.some(nil)` where it is `null`.
    func changedWeight() throws(JSONFieldError) -> Double?? {
        if isNull("weight") { return .some(nil) }
        guard let weight = try optional("weight") else { return nil }
        return .some(try weight.weight())
    }

    /// Whether a member is there and `null`.
    func isNull(_ key: String) -> Bool { value.object?[key]?.isNull ?? false }
}

extension UnixTime {
    /// Seconds since 1970.
    var json: JSONValue { .number(Double(nanoseconds / 1_000) / 1e6) }
}

import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// How a thing with a revision is changed that others change as well: the page, other devices, the server itself.
enum RevisedChange {
    /// Others may be quicker so many times.
    private static let attemptsMax = 8

    /// A caller that says which `revision` it has read changes that one or nothing. One that does not means the thing as
    /// it is, so that where another was quicker the change is made once more, to what is kept by then.
    /// - Parameters:
    ///   - what: for a person, as in "The conversation has been changed since you read it."
    ///   - body: of the request, with a `revision` or without.
    ///   - attempt: reads, changes and replaces what has the revision given, or that which it has read where none is
    ///     given; `nil` when another was quicker.
    /// - Returns: the attempt's answer.
    /// - Throws: a conflict when another was quicker than what the caller had read, or each time.
    static func of(
        _ what: String, body: JSONField, attempt: (_ revision: Int64?) async throws -> HTTPResponse?
    ) async throws -> HTTPResponse {
        let revision: Int64?
        do {
            revision = try body.optional("revision").map { Int64(try $0.integer(in: 0...Int.max)) }
        } catch {
            throw ServiceError(reading: error)
        }
        for _ in 0..<(revision == nil ? attemptsMax : 1) {
            if let answer = try await attempt(revision) { return answer }
        }
        throw ServiceError.changedMeanwhile(what)
    }
}

import Gateway
import JSONText
import OpenAIAPI
import Vocabulary

/// Which requests are the same, as far as their answers go.
enum AnswerIdentity {
    /// Everything in a request that shapes its answer, in one form only: what a worker would be sent, without who asks, how urgent it
    /// is and which of the server's means it may use.
    ///
    /// Nothing can be forgotten here: what a worker is not sent, it cannot heed. Tools and schemas keep the order of their members,
    /// because models read them in that order.
    static func shape(_ request: GenerationRequest) -> [UInt8] {
        var plain = request
        plain.change { fields in
            fields.model = ModelID("")
            fields.scheduling = SchedulingOptions()
            fields.cache = CacheOptions()
            fields.speculation = SpeculationLimits()
        }
        let wire = ClientRequest(plain, model: "")
        return Array(wire.path.utf8) + wire.bytes
    }

    /// Whose answers these are. A caller that proved who it is never shares with one that only says so.
    static func owner(_ scheduling: SchedulingOptions) -> (tenant: TenantID, mark: [UInt8]) {
        let principal = Principal.current ?? .open
        switch principal.origin {
        case .open, .local, .anonymous: return (scheduling.tenant, Array("said:".utf8))
        case .session, .apiKey, .token:
            return (principal.tenant, Array("proven:\(scheduling.tenant.name):".utf8))
        }
    }
}

extension AnswerKey {
    /// The key of an answer to a request.
    ///
    /// - Parameters:
    ///   - request: as the client sent it.
    ///   - source: who would answer.
    ///   - turn: how often the same was asked for within the client's request, where chance makes the answers differ.
    init(of request: GenerationRequest, by source: AnswerSource, turn: Int = 0) {
        let owner = AnswerIdentity.owner(request.scheduling)
        self.init(
            .answer, tenant: owner.tenant, source: source,
            request: owner.mark + AnswerIdentity.shape(request) + (turn == 0 ? [] : Array("#\(turn)".utf8)))
    }
}

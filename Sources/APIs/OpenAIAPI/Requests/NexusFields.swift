public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// The member `nexus` of a request, where everything stands that neither OpenAI nor llama-server has a name for.
public struct NexusFields {
    private(set) var scheduling: SchedulingOptions
    private(set) var cacheScope = CacheOptions.Scope.tenant
    private(set) var adaptsSampling = false
    private(set) var isReproducible = false
    private(set) var isThinking: Bool?
    private(set) var tellsPromptLogprobs = false
    private(set) var compression: CompressionWish?
    private(set) var answers = AnswerWish()

    private static let members =
        [
            "tenant", "priority", "weight", "deadline_ms", "cache_scope", "adaptive_sampling", "reproducible",
            "progress",
            "thinking", "prompt_logprobs", "kv_compress", "cache",
        ] + RoutingFields.members

    /// - Parameters:
    ///   - root: the request.
    ///   - scheduling: what applies where the request says nothing, as its headers have it.
    /// - Throws: the path of what is wrong.
    init(_ root: JSONField, over scheduling: SchedulingOptions) throws(JSONFieldError) {
        self.scheduling = scheduling
        if let progress = try root.optional("return_progress") { self.scheduling.reportsProgress = try progress.bool() }
        if let time = try root.optional("keep_alive") { self.scheduling.keepAlive = try time.keepAlive() }
        guard let field = try root.optional("nexus") else { return }
        try field.refuseUnknown(Self.members)
        if let tenant = try field.optional("tenant") { self.scheduling.tenant = try Self.tenant(tenant) }
        if let priority = try field.optional("priority") { self.scheduling.priority = try priority.word() }
        if let weight = try field.optional("weight") {
            self.scheduling.weight = try weight.number(in: RequestBounds.weightRange)
        }
        if let deadline = try field.optional("deadline_ms") {
            self.scheduling.deadline = Duration(
                wireMilliseconds: try deadline.number(in: 1...RequestBounds.deadlineMillisecondsMax))
        }
        try RoutingFields.read(field, into: &self.scheduling.routing)
        if let progress = try field.optional("progress") { self.scheduling.reportsProgress = try progress.bool() }
        if let scope = try field.optional("cache_scope") { cacheScope = try scope.word() }
        adaptsSampling = try field.optional("adaptive_sampling")?.bool() ?? false
        isReproducible = try field.optional("reproducible")?.bool() ?? false
        isThinking = try field.optional("thinking")?.bool()
        tellsPromptLogprobs = try field.optional("prompt_logprobs")?.bool() ?? false
        if let wish = try field.optional("cache") { answers = try AnswerWishFields.read(wish) }
        compression = try field.optional("kv_compress").map { wish throws(JSONFieldError) in
            switch wish.value {
            case .bool(let isOn): isOn ? .on : .off
            default: .budget(try wish.integer(in: 1...Int(Int32.max)))
            }
        }
    }

    private static func tenant(_ field: JSONField) throws(JSONFieldError) -> TenantID {
        let name = try field.keptText(bytesIn: 0...RequestBounds.nameBytesMax)
        guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw field.fail("must not have control characters")
        }
        return TenantID(name)
    }

    /// What the headers `X-Nexus-Tenant`, `X-Nexus-Priority` and `X-Nexus-Keep-Alive` say, and those of `RoutingFields`.
    ///
    /// - Parameter headers: of the request.
    /// - Returns: what applies where the body says nothing.
    /// - Throws: `invalidValue` with the header's name.
    public static func scheduling(_ headers: HTTPHeaders) throws(ServiceError) -> SchedulingOptions {
        var options = SchedulingOptions()
        do {
            if let tenant = headers["X-Nexus-Tenant"] {
                options.tenant = try Self.tenant(JSONField(.string(tenant), path: "X-Nexus-Tenant"))
            }
            if let priority = headers["X-Nexus-Priority"] {
                options.priority = try JSONField(.string(priority.lowercased()), path: "X-Nexus-Priority").word()
            }
            if let time = headers["X-Nexus-Keep-Alive"] {
                options.keepAlive = try JSONField(.string(time), path: "X-Nexus-Keep-Alive").keepAlive()
            }
            options.routing = try RoutingFields.read(headers)
        } catch {
            throw ServiceError(reading: error)
        }
        return options
    }

    /// Adds scheduling, cache and our own wishes to a request for another server, as far as they are not the usual ones.
    static func write(_ request: GenerationRequest, isThinking: Bool?, to body: inout JSONObject) {
        if !request.cache.isUsed { body["cache_prompt"] = false }
        if request.scheduling.reportsProgress { body["return_progress"] = true }
        var nexus = members(of: request.scheduling)
        if request.cache.scope != .tenant { nexus["cache_scope"] = .string(request.cache.scope.rawValue) }
        if request.adaptsSampling { nexus["adaptive_sampling"] = true }
        if request.isReproducible { nexus["reproducible"] = true }
        nexus["thinking"] = isThinking.map(JSONValue.bool)
        if request.reports.promptTokens { nexus["prompt_logprobs"] = true }
        switch request.compression {
        case .off: nexus["kv_compress"] = false
        case .on: nexus["kv_compress"] = true
        case .budget(let count): nexus["kv_compress"] = .whole(count)
        case nil: break
        }
        if !nexus.isEmpty { body["nexus"] = .object(nexus) }
    }

    /// Adds who asks and how urgent it is to a request for another server, as far as it is not the usual.
    static func write(_ scheduling: SchedulingOptions, to body: inout JSONObject) {
        let nexus = members(of: scheduling)
        if !nexus.isEmpty { body["nexus"] = .object(nexus) }
    }

    private static func members(of scheduling: SchedulingOptions) -> JSONObject {
        var nexus = JSONObject()
        if scheduling.tenant != .none { nexus["tenant"] = .string(scheduling.tenant.name) }
        if scheduling.priority != .normal { nexus["priority"] = .string(scheduling.priority.rawValue) }
        if scheduling.weight != 1 {
            let range = RequestBounds.weightRange
            nexus["weight"] = .number(min(max(scheduling.weight, range.lowerBound), range.upperBound))
        }
        nexus["deadline_ms"] = scheduling.deadline.map {
            .number(min(max($0.milliseconds, 1), RequestBounds.deadlineMillisecondsMax))
        }
        return nexus
    }
}

extension JSONField {
    /// One of the words that `Word` knows.
    func word<Word: RawRepresentable & CaseIterable>() throws(JSONFieldError) -> Word where Word.RawValue == String {
        let text = try string()
        if let word = Word(rawValue: text) { return word }
        let known = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw fail("must be one of \(known), not \"\(text.prefix(40))\"")
    }
}

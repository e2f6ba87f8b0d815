public import JSONText

/// Several models that answer one request at once, and how one answer is made of theirs.
public struct EnsembleSpec: Sendable, Equatable {
    public struct Member: Sendable, Equatable {
        /// A deployment or a route.
        public var model: String
        /// How much its answer counts; more than 0.
        public var weight: Double

        public init(_ model: String, weight: Double = 1) {
            self.model = model
            self.weight = weight
        }
    }

    /// How one answer is made.
    public enum Method: String, Sendable, CaseIterable {
        /// The answer that most of them gave; texts by how much they agree with the others.
        case vote
        /// The answer with the highest score, a weighted average of likelihood, agreement and a judge's grade.
        case average
        /// The answer with the highest grade of a judge, or, without a judge, the likeliest one.
        case select
        /// All of them, line by line as they come, each line with its source.
        case interleave
    }

    /// How texts are compared where they are not equal.
    public enum Comparison: String, Sendable, CaseIterable {
        /// By the words that they share.
        case tokens
        /// By vectors of a served encoder; by words where that fails.
        case embeddings
    }

    public var members: [Member]
    public var method = Method.vote
    public var comparison = Comparison.tokens
    /// A model that grades answers from 0 to 10.
    public var judge: String?
    /// The served encoder for ``Comparison/embeddings``.
    public var encoder: String?
    /// A member that has not answered by then is left out.
    public var memberMax: Duration?
    /// So many members must answer; 1 or more.
    public var quorum = 1
    public var remark: String?

    public static let membersMax = 8

    public init(_ members: [Member]) { self.members = members }

    public var mentioned: [String] { members.map(\.model) + [judge, encoder].compactMap(\.self) }

    private static let keys = [
        "members", "method", "compare", "judge", "encoder", "member_timeout_ms", "quorum", "remark",
    ]

    /// Reads what an operator, or the database, says of an ensemble.
    ///
    /// - Parameter field: an object; or a list of names.
    /// - Throws: the path of what is wrong.
    public init(reading field: JSONField) throws(JSONFieldError) {
        let isList = field.value.array != nil
        if !isList { try field.refuseStrangers(Self.keys) }
        let list = isList ? field : try field.required("members")
        var members: [Member] = []
        for element in try list.elements(countMax: Self.membersMax) {
            let isName = element.value.string != nil
            if !isName { try element.refuseStrangers(["model", "weight"]) }
            members.append(
                Member(
                    try (isName ? element : element.required("model")).routeTarget(),
                    weight: isName ? 1 : try element.optional("weight")?.number(in: 0.001...1_000_000) ?? 1))
        }
        guard members.count >= 2 else { throw list.fail("must name at least 2 members") }
        self.init(members)
        if isList { return }
        method = try field.optional("method")?.routeWord() ?? .vote
        comparison = try field.optional("compare")?.routeWord() ?? .tokens
        judge = try field.optional("judge")?.routeTarget()
        encoder = try field.optional("encoder")?.routeTarget()
        memberMax = try field.optional("member_timeout_ms")?.routeTime()
        quorum = try field.optional("quorum")?.integer(in: 1...members.count) ?? 1
        remark = try field.optional("remark")?.keptText(bytesIn: 0...1_000)
        guard comparison != .embeddings || encoder != nil else {
            throw field.fail("compares by embeddings, so `encoder` must name the model that makes them")
        }
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "members": .array(
                members.map {
                    $0.weight == 1 ? .string($0.model) : ["model": .string($0.model), "weight": .number($0.weight)]
                }),
            "method": .string(method.rawValue), "compare": .string(comparison.rawValue),
        ]
        object["judge"] = judge.map(JSONValue.string)
        object["encoder"] = encoder.map(JSONValue.string)
        object["member_timeout_ms"] = memberMax.map { .number($0 / .milliseconds(1)) }
        if quorum != 1 { object["quorum"] = .whole(quorum) }
        object["remark"] = remark.map(JSONValue.string)
        return .object(object)
    }
}

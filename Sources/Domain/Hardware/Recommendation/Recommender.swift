public import Hosting

/// Chooses models for a wish and a machine. Pure; ties go by name.
public struct Recommender: Sendable {
    /// How much of the room serving takes.
    public typealias MemoryPrediction = @Sendable (ModelShape, MemoryRequest) -> UInt64

    let room: Room
    let speed: SpeedModel?
    let threads: Int
    let memory: MemoryPrediction

    /// - Parameters:
    ///   - room: the memory that models can have.
    ///   - speed: of this machine; `nil` where nothing is known.
    ///   - threads: that compute.
    ///   - memory: predicts what serving takes.
    public init(room: Room, speed: SpeedModel?, threads: Int, memory: @escaping MemoryPrediction) {
        self.room = room
        self.speed = speed
        self.threads = threads
        self.memory = memory
    }

    /// Of what is free, what stays for everything else. Chosen: programs come and go, and predictions miss.
    static let roomShare = 0.95
    /// What specialisation counts: a model made for one use beats one a third larger. Chosen.
    private static let specialistFactor = 1.33

    /// All offers that are made for the use, the best first; those that do not fit come last.
    public func recommendations(for wish: Wish, among offers: [Offer]) -> [Recommendation] {
        var seen: Set<String> = []
        let suitable = offers.filter { offer in
            guard offer.uses.contains(wish.use), !offer.variants.isEmpty else { return false }
            if case .hub = offer.origin, !wish.includesDownloads { return false }
            return true
        }
        let all = suitable.filter { seen.insert(Self.identity($0)).inserted }.map { recommendation($0, wish) }
        return all.filter { $0.fits || wish.includesUnfit }.sorted { Self.isBetter($0, $1, by: wish.order) }
    }

    private static func identity(_ offer: Offer) -> String {
        switch offer.origin {
        case .catalogue(let name): "here \(name)"
        case .hub(let repository): "hub \(repository)"
        }
    }

    private static func isBetter(_ left: Recommendation, _ right: Recommendation, by order: Wish.Order) -> Bool {
        guard left.fits == right.fits else { return left.fits }
        guard left.fits else {
            return (left.needBytes, left.name, left.quantization) < (right.needBytes, right.name, right.quantization)
        }
        let (first, second) = (figure(left, order), figure(right, order))
        if first != second { return first > second }
        return (left.name, left.quantization) < (right.name, right.quantization)
    }

    private static func figure(_ one: Recommendation, _ order: Wish.Order) -> Double {
        switch order {
        case .balanced, .quality: one.score
        case .speed: (one.generation ?? one.prompt)?.tokensPerSecond ?? 0
        case .memory: -Double(one.needBytes)
        }
    }

    // MARK: One offer

    private struct Attempt {
        var variant: Offer.Variant
        var context: Int
        var cacheType: KVCacheType
        var needBytes: UInt64
        var generation: SpeedPrediction?
        var prompt: SpeedPrediction?
        var score: Double
    }

    private func recommendation(_ offer: Offer, _ wish: Wish) -> Recommendation {
        let wanted = wish.contextTokens ?? wish.use.contextTokens
        let context = offer.contextTokens > 0 ? min(wanted, offer.contextTokens) : wanted
        func attempts(_ cacheType: KVCacheType, _ context: Int) -> [Attempt] {
            offer.variants.map { attempt(offer, $0, wish, context: context, cacheType: cacheType) }
        }
        let plain = attempts(.f16, context)
        var fitting = plain.filter { fits($0.needBytes) }
        if fitting.isEmpty, wish.use.generates {
            // Half the bits for keys and values cost little; then models fit that would not.
            fitting = attempts(.q8_0, context).filter { fits($0.needBytes) }
        }
        let best = fitting.min { left, right in
            let (first, second) = (choice(left, wish.order), choice(right, wish.order))
            return first != second ? first > second : left.needBytes < right.needBytes
        }
        guard let chosen = best else {
            let smallest = plain.min { $0.needBytes < $1.needBytes } ?? plain[0]
            var answer = described(offer, smallest, wish, wanted: wanted, fits: false)
            answer.alternatives = alternatives(context: context) { attempts($0, $1) }
            return answer
        }
        return described(offer, chosen, wish, wanted: wanted, fits: true)
    }

    private func fits(_ bytes: UInt64) -> Bool { Double(bytes) <= Double(room.bytes) * Self.roomShare }

    private func choice(_ attempt: Attempt, _ order: Wish.Order) -> Double {
        switch order {
        case .balanced, .quality: attempt.score
        case .speed: (attempt.generation ?? attempt.prompt)?.tokensPerSecond ?? -Double(attempt.needBytes)
        case .memory: -Double(attempt.needBytes)
        }
    }

    private func attempt(
        _ offer: Offer, _ variant: Offer.Variant, _ wish: Wish, context: Int, cacheType: KVCacheType
    ) -> Attempt {
        var request = MemoryRequest()
        request.use = wish.use == .embeddings ? .embeddings : wish.use == .reranking ? .reranking : .text
        request.parallel = UInt64(wish.parallel)
        request.sequenceTokens = UInt64(context)
        request.cells = UInt64(context * wish.parallel)
        request.keyType = cacheType
        request.valueType = cacheType
        request.threads = UInt64(threads)
        // Prefixes beside the cache give way when memory is short: they are no reason against a model.
        request.prefixCacheBytes = 0
        request.projector = offer.projector
        if let device = room.device {
            request.devices = [MemoryRequest.Device(name: device, freeBytes: room.bytes)]
            request.gpuLayers = .all
        }
        let cost = TokenCost(variant.shape, expertShare: offer.expertShare, keyType: cacheType, valueType: cacheType)
        let generation = wish.use.generates ? speed?.generation(cost, depth: Double(context) / 2) : nil
        let prompt = speed?.prompt(cost, tokens: Double(min(context, 2_048)))
        return Attempt(
            variant: variant, context: context, cacheType: cacheType,
            needBytes: memory(variant.shape, request) + (offer.projector == nil ? offer.projectorBytes : 0),
            generation: generation, prompt: prompt,
            score: score(offer, variant, wish, generation ?? prompt))
    }

    /// Ability by the number of weights, less what the quantisation loses; for the balanced order less what a model is
    /// too slow by.
    private func score(_ offer: Offer, _ variant: Offer.Variant, _ wish: Wish, _ speed: SpeedPrediction?) -> Double {
        let isSpecialist = offer.uses.count <= 2
        let size = offer.effectiveParameters * (isSpecialist ? Self.specialistFactor : 1)
        // 1 + 10 x: models below a billion weights differ, too.
        var score = Self.logarithm(1 + 10 * size) * max(0, 1 - 2 * variant.quantization.loss)
        if wish.order == .balanced, let speed {
            score *= min(1, speed.tokensPerSecond / wish.use.speedWanted)
        }
        return score
    }

    /// Of base 2, by the exponent and four terms of a series: exact enough to order by, the same on every machine.
    private static func logarithm(_ value: Double) -> Double {
        let ratio = (value.significand - 1) / (value.significand + 1)
        let square = ratio * ratio
        let series = ratio * (1 + square * (1 / 3.0 + square * (1 / 5.0 + square * (1 / 7.0))))
        return Double(value.exponent) + 2 * series / 0.693_147_180_559_945
    }

    // MARK: Words

    private func described(
        _ offer: Offer, _ attempt: Attempt, _ wish: Wish, wanted: Int, fits: Bool
    ) -> Recommendation {
        var reasons: [Reason] = [
            .memory(needBytes: attempt.needBytes, roomBytes: room.bytes, place: room.place)
        ]
        if attempt.context < wanted { reasons.append(.contextLimit(trained: attempt.context, wanted: wanted)) }
        if attempt.cacheType != .f16 { reasons.append(.cacheType(attempt.cacheType)) }
        if let generation = attempt.generation {
            reasons.append(.generationSpeed(generation, wanted: wish.use.speedWanted))
        }
        if let prompt = attempt.prompt { reasons.append(.promptSpeed(prompt)) } else { reasons.append(.speedUnknown) }
        if offer.expertShare < 1 {
            reasons.append(.experts(active: offer.activeParameters, parameters: offer.parameters))
        }
        reasons.append(
            .quantization(name: attempt.variant.quantization.name, loss: attempt.variant.quantization.loss))
        if offer.uses.count <= 2 { reasons.append(.madeFor(wish.use)) }
        switch offer.origin {
        case .catalogue: reasons.append(.isHere)
        case .hub: reasons.append(.download(bytes: attempt.variant.fileBytes, freeBytes: room.freeDiskBytes))
        }
        if let licence = offer.licence { reasons.append(.licence(licence)) }
        return Recommendation(
            name: offer.name, origin: offer.origin, quantization: attempt.variant.quantization.name,
            contextTokens: attempt.context, cacheType: attempt.cacheType, fits: fits, needBytes: attempt.needBytes,
            generation: attempt.generation, prompt: attempt.prompt, score: fits ? attempt.score : 0, reasons: reasons,
            alternatives: [])
    }

    /// The least changes that would do: first keys and values in four bits, then half the context, then half of that.
    private func alternatives(
        context: Int, attempts: (KVCacheType, Int) -> [Attempt]
    ) -> [Alternative] {
        var found: [Alternative] = []
        for (type, tokens) in [
            (KVCacheType.q4_0, context), (.f16, context / 2), (.q4_0, context / 2), (.q4_0, context / 4),
        ]
        where tokens >= Wish.contextRange.lowerBound {
            guard let best = attempts(type, tokens).filter({ fits($0.needBytes) }).max(by: { $0.score < $1.score })
            else {
                continue
            }
            var changes: [Alternative.Change] = [.quantization(best.variant.quantization.name)]
            if type != .f16 { changes.insert(.cacheType(type), at: 0) }
            if tokens < context { changes.insert(.context(tokens), at: 0) }
            found.append(Alternative(changes: changes, needBytes: best.needBytes))
            if found.count == 2 { break }
        }
        return found
    }
}

import Vocabulary

extension Admission {
    /// What of a request's sequence stays when it is long: what it asks for, within what the server can do. One that is
    /// computed by itself keeps all, and so does one with images: after them a place in the list of tokens is no position.
    func compression(_ request: GenerationRequest, hasMedia: Bool) throws(ServiceError) -> CompressionPolicy? {
        let parameter = "nexus.kv_compress"
        switch request.compression {
        case .off: return nil
        case .on, .budget:
            guard options.compression != nil else {
                throw ServiceError(
                    .unsupported, "This server compresses no key-value cache.", hint: "Start it with --kv-compress.",
                    parameter: parameter)
            }
        case nil: break
        }
        var policy = options.compression
        if case .budget(let budget) = request.compression {
            let allowed = CompressionPolicy.budgetMin...max(CompressionPolicy.budgetMin, options.contextTokens)
            guard allowed.contains(budget) else {
                throw ServiceError(
                    .invalidValue,
                    "'\(parameter)' must be true, false or from \(allowed.lowerBound) to \(allowed.upperBound).",
                    parameter: parameter)
            }
            policy?.budget = budget
        }
        return request.isReproducible || hasMedia ? nil : policy
    }
}

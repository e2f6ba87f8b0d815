import CLlama

/// A chain of samplers with its own state (chance, history). Confined to the thread of its context.
@safe
public final class LlamaSampler {
    let handle: UnsafeMutablePointer<llama_sampler>

    /// The chain of llama-server's order: top-k, top-p, min-p, temperature, then a draw by `seed`. Temperature 0 takes
    /// the likeliest token.
    public init(temperature: Float, topK: Int32, topP: Float, minP: Float, seed: UInt32) {
        var parameters = llama_sampler_chain_default_params()
        parameters.no_perf = true
        guard let chain = unsafe llama_sampler_chain_init(parameters) else {
            preconditionFailure("llama_sampler_chain_init only allocates")
        }
        unsafe handle = chain
        guard temperature > 0 else {
            unsafe llama_sampler_chain_add(chain, llama_sampler_init_greedy())
            return
        }
        if topK > 0 { unsafe llama_sampler_chain_add(chain, llama_sampler_init_top_k(topK)) }
        if topP < 1 { unsafe llama_sampler_chain_add(chain, llama_sampler_init_top_p(topP, 1)) }
        if minP > 0 { unsafe llama_sampler_chain_add(chain, llama_sampler_init_min_p(minP, 1)) }
        unsafe llama_sampler_chain_add(chain, llama_sampler_init_temp(temperature))
        // LLAMA_DEFAULT_SEED means "by chance" to llama.cpp; whoever asks for that seed wants the same tokens again.
        let fixed = seed == .max ? .max - 1 : seed
        unsafe llama_sampler_chain_add(chain, llama_sampler_init_dist(fixed))
    }

    deinit { unsafe llama_sampler_free(handle) }
}

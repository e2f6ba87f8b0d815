import CLlama

/// llama.cpp's samplers on logits from anywhere, without a context: what the tests compare the samplers of `Sampling`
/// with. Nothing else uses it. Confined to one thread.
@safe
final class ReferenceSamplers {
    enum Step {
        case bias([(token: Int32, bias: Float)])
        case penalties(lastN: Int32, repetition: Float, frequency: Float, presence: Float)
        case dry(multiplier: Float, base: Float, allowedLength: Int32, lastN: Int32, breakers: [String])
        case topNSigma(Float)
        case topK(Int32)
        case typical(Float)
        case topP(Float)
        case minP(Float)
        case xtc(probability: Float, threshold: Float)
        case temperature(Float, range: Float, exponent: Float)
        case infill
        case mirostat(tau: Float, eta: Float)
        case mirostat2(tau: Float, eta: Float)
        case adaptive(target: Float, decay: Float)
        case draw
    }

    /// What is left of the row, and the chosen one of it.
    struct Outcome {
        var candidates: [(token: Int32, probability: Float)] = []
        var token: Int32 = -1
    }

    private let chain: UnsafeMutablePointer<llama_sampler>
    private let model: LlamaModel

    init(_ steps: [Step], keepMin: Int, seed: UInt32, model: LlamaModel, vocabularyCount: Int) {
        guard let chain = unsafe llama_sampler_chain_init(llama_sampler_chain_default_params()) else {
            preconditionFailure("llama_sampler_chain_init only allocates")
        }
        unsafe self.chain = chain
        self.model = model
        for step in steps {
            unsafe llama_sampler_chain_add(chain, make(step, keepMin, seed, Int32(vocabularyCount)))
        }
    }

    deinit { unsafe llama_sampler_free(chain) }

    private func make(
        _ step: Step, _ keep: Int, _ seed: UInt32, _ count: Int32
    ) -> UnsafeMutablePointer<llama_sampler>? {
        switch step {
        case .bias(let biases):
            let entries = biases.map { llama_logit_bias(token: $0.token, bias: $0.bias) }
            return unsafe llama_sampler_init_logit_bias(count, Int32(entries.count), entries)
        case .penalties(let lastN, let repetition, let frequency, let presence):
            return unsafe llama_sampler_init_penalties(count, lastN, repetition, frequency, presence)
        case .dry(let multiplier, let base, let allowedLength, let lastN, let breakers):
            return unsafe dry(multiplier, base, allowedLength, lastN, breakers)
        case .topNSigma(let number): return unsafe llama_sampler_init_top_n_sigma(number)
        case .topK(let wanted): return unsafe llama_sampler_init_top_k(wanted)
        case .typical(let share): return unsafe llama_sampler_init_typical(share, keep)
        case .topP(let share): return unsafe llama_sampler_init_top_p(share, keep)
        case .minP(let share): return unsafe llama_sampler_init_min_p(share, keep)
        case .xtc(let probability, let threshold):
            return unsafe llama_sampler_init_xtc(probability, threshold, keep, seed)
        case .temperature(let temperature, let range, let exponent):
            return unsafe llama_sampler_init_temp_ext(temperature, range, exponent)
        case .infill: return unsafe llama_sampler_init_infill(llama_model_get_vocab(model.handle))
        case .mirostat(let tau, let eta): return unsafe llama_sampler_init_mirostat(count, seed, tau, eta, 100)
        case .mirostat2(let tau, let eta): return unsafe llama_sampler_init_mirostat_v2(seed, tau, eta)
        case .adaptive(let target, let decay): return unsafe llama_sampler_init_adaptive_p(target, decay, seed)
        case .draw: return unsafe llama_sampler_init_dist(seed)
        }
    }

    private func dry(
        _ multiplier: Float, _ base: Float, _ allowedLength: Int32, _ lastN: Int32, _ breakers: [String]
    ) -> UnsafeMutablePointer<llama_sampler>? {
        let texts = breakers.map { Array($0.utf8CString) }
        let joined = texts.flatMap { $0 }
        return unsafe joined.withUnsafeBufferPointer { bytes in
            var start = 0
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            for text in texts {
                unsafe pointers.append(bytes.baseAddress.map { unsafe $0 + start })
                start += text.count
            }
            return unsafe llama_sampler_init_dry(
                llama_model_get_vocab(model.handle), multiplier, base, allowedLength, lastN, &pointers, pointers.count)
        }
    }

    func accept(_ token: Int32) { unsafe llama_sampler_accept(chain, token) }

    func choose(from logits: [Float]) -> Outcome {
        var cells = logits.enumerated().map { llama_token_data(id: Int32($0.offset), logit: $0.element, p: 0) }
        return unsafe cells.withUnsafeMutableBufferPointer { cells in
            var row = unsafe llama_token_data_array(
                data: cells.baseAddress, size: cells.count, selected: -1, sorted: false)
            unsafe llama_sampler_apply(chain, &row)
            var outcome = Outcome()
            for index in 0..<(unsafe row.size) {
                let cell = unsafe row.data[index]
                outcome.candidates.append((cell.id, cell.p))
            }
            if unsafe row.selected >= 0 { outcome.token = outcome.candidates[Int(unsafe row.selected)].token }
            return outcome
        }
    }
}

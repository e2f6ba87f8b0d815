import Vocabulary

extension PackedBytes {
    mutating func write(_ token: TokenLogprob) {
        write(token.chosen)
        write(token.top) { $0.write($1) }
        write(token.isAfterSampling ? 1 as UInt8 : 0)
    }

    private mutating func write(_ alternative: TokenLogprob.Alternative) {
        write(Int(alternative.token))
        write(alternative.bytes)
        write(alternative.logprob)
    }

    mutating func write(_ end: GenerationEnd) {
        write(end.reason.rawValue)
        write(end.usage.promptTokens)
        write(end.usage.completionTokens)
        write(end.usage.reasoningTokens)
        write(end.stopText) { $0.write($1) }
        write(end.receipt) { packed, receipt in
            packed.write(receipt.model)
            packed.write(receipt.template) { $0.write($1) }
            packed.write(Int(receipt.seed))
            packed.write(receipt.build)
            packed.write(receipt.adapters) { packed, adapter in
                packed.write(adapter.fingerprint)
                packed.write(adapter.scale)
            }
        }
        write(end.adaptations) { packed, change in
            packed.write(change.atToken)
            packed.write(change.parameter)
            packed.write(change.before)
            packed.write(change.after)
            packed.write(change.reason)
        }
    }
}

extension UnpackedBytes {
    mutating func tokens() throws(Damaged) -> [TokenLogprob] {
        try list { reader throws(Damaged) in
            var token = TokenLogprob(
                chosen: try reader.alternative(),
                top: try reader.list { reader throws(Damaged) in try reader.alternative() })
            token.isAfterSampling = try reader.byte() == 1
            return token
        }
    }

    private mutating func alternative() throws(Damaged) -> TokenLogprob.Alternative {
        guard let token = Int32(exactly: try number()) else { throw Damaged() }
        return TokenLogprob.Alternative(token: token, bytes: try blob(), logprob: try double())
    }

    /// The whole prompt counts as cached: nothing of it was computed.
    mutating func end() throws(Damaged) -> GenerationEnd {
        guard let reason = FinishReason(rawValue: try text()) else { throw Damaged() }
        let (prompt, completion) = (try number(), try number())
        var end = GenerationEnd(
            reason: reason,
            usage: TokenUsage(
                promptTokens: prompt, completionTokens: completion, cachedTokens: prompt, reasoningTokens: try number())
        )
        end.stopText = try optional { reader throws(Damaged) in try reader.text() }
        end.receipt = try optional { reader throws(Damaged) in try reader.receipt() }
        end.adaptations = try list { reader throws(Damaged) in
            SamplingAdaptation(
                atToken: try reader.number(), parameter: try reader.text(), before: try reader.double(),
                after: try reader.double(), reason: try reader.text())
        }
        return end
    }

    private mutating func receipt() throws(Damaged) -> ReproductionReceipt {
        let model = try text()
        let template = try optional { reader throws(Damaged) in try reader.text() }
        guard let seed = UInt32(exactly: try number()) else { throw Damaged() }
        return ReproductionReceipt(
            model: model, template: template, seed: seed, build: try text(),
            adapters: try list { reader throws(Damaged) in
                ReproductionReceipt.Adapter(fingerprint: try reader.text(), scale: try reader.float())
            })
    }
}

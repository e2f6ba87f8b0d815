public import Vocabulary

extension EmbeddingRequest {
    /// Everything that shapes the vectors of one input, in one form only.
    public func shape(of input: EmbeddingInput) -> [UInt8] {
        var packed = PackedBytes()
        packed.write(dimensions) { $0.write($1) }
        packed.write(norm) { $0.write($1.number) }
        packed.write(needsPooling ? 1 as UInt8 : 0)
        packed.write(truncation) { packed, truncation in
            packed.write(truncation.side == .start ? 0 as UInt8 : 1)
            packed.write(truncation.tokensMax) { $0.write($1) }
        }
        switch input {
        case .text(let text):
            packed.write(0 as UInt8)
            packed.write(text)
        case .tokens(let tokens):
            packed.write(1 as UInt8)
            packed.write(tokens) { $0.write(Int($1)) }
        case .mixed(let pieces):
            packed.write(2 as UInt8)
            packed.write(pieces) { packed, piece in
                switch piece {
                case .text(let text):
                    packed.write(0 as UInt8)
                    packed.write(text)
                case .token(let token):
                    packed.write(1 as UInt8)
                    packed.write(Int(token))
                }
            }
        }
        return packed.bytes
    }
}

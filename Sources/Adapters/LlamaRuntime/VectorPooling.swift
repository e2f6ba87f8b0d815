import CLlama

/// How the vectors of a sequence's tokens become one, by llama.cpp's names.
public enum VectorPooling: String, Sendable, CaseIterable {
    /// They stay as they are.
    case unpooled = "none"
    /// Their average.
    case mean
    /// The first token's.
    case cls
    /// The last token's.
    case last
    /// A head of the model judges the sequence.
    case rank

    init(_ value: llama_pooling_type) {
        self =
            switch value {
            case LLAMA_POOLING_TYPE_MEAN: .mean
            case LLAMA_POOLING_TYPE_CLS: .cls
            case LLAMA_POOLING_TYPE_LAST: .last
            case LLAMA_POOLING_TYPE_RANK: .rank
            default: .unpooled
            }
    }

    var value: llama_pooling_type {
        switch self {
        case .unpooled: LLAMA_POOLING_TYPE_NONE
        case .mean: LLAMA_POOLING_TYPE_MEAN
        case .cls: LLAMA_POOLING_TYPE_CLS
        case .last: LLAMA_POOLING_TYPE_LAST
        case .rank: LLAMA_POOLING_TYPE_RANK
        }
    }
}

/// Pools the token vectors of one sequence as they come, in order.
///
/// We do this for causal models ourselves: llama.cpp pools within one micro batch, and the last micro batch of a sequence
/// wins. The mean of a sequence that was cut is the mean of its last piece, and its first token is that piece's first.
struct TokenPool {
    let pooling: VectorPooling
    /// Tokens of the whole sequence.
    let tokenCount: Int
    private var sum: [Double] = []
    private var rows: [[Float]] = []
    private var seen = 0

    init(_ pooling: VectorPooling, tokenCount: Int) {
        self.pooling = pooling
        self.tokenCount = tokenCount
    }

    /// Takes the next token's vector.
    mutating func add(_ vector: UnsafeBufferPointer<Float>) {
        seen += 1
        switch pooling {
        case .unpooled: unsafe rows.append(Array(vector))
        case .cls: if seen == 1 { unsafe rows.append(Array(vector)) }
        case .last: if seen == tokenCount { unsafe rows.append(Array(vector)) }
        case .mean, .rank:
            if sum.isEmpty { sum = [Double](repeating: 0, count: vector.count) }
            for index in sum.indices { unsafe sum[index] += Double(vector[index]) }
        }
    }

    /// One vector, or one for each token.
    var vectors: [[Float]] {
        sum.isEmpty ? rows : [sum.map { Float($0 / Double(tokenCount)) }]
    }
}

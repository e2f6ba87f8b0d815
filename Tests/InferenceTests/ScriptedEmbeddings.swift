import Synchronization

@testable import Inference

/// A stand-in for a model that embeds: the vector of a sequence is its tokens' sum, their count and 1. Token 13 is a
/// sequence that the model cannot compute, token 14 makes it give what is no number.
final class ScriptedEmbeddings: EmbeddingRuntime {
    struct Broken: Error {}

    /// What the engine's thread did, readable by the test.
    final class Record: Sendable {
        /// The sequences of each batch.
        private let computed = Mutex<[[[Int32]]]>([])
        var batches: [[[Int32]]] { computed.withLock(\.self) }
        func note(_ sequences: [[Int32]]) { computed.withLock { $0.append(sequences) } }
        /// Closed gates hold the engine's thread before its next batch.
        let gate = Gate()
        /// Batches that came to the gate.
        let begun = Atomic<Int>(0)
    }

    var shape: EmbeddingShape
    private let record: Record

    init(record: Record, output: EmbeddingShape.Output = .sequences) {
        self.record = record
        shape = EmbeddingShape(
            output: output, dimensions: output == .scores ? 1 : 3, sequenceTokensMax: 100, batchTokensMax: 50,
            sequencesMax: 8, vocabulary: ScriptedRuntime.vocabulary)
        if output == .scores { shape.labels = ["fits"] }
    }

    func vectors(of sequences: [[Int32]]) throws -> [[[Float]]] {
        record.begun.wrappingAdd(1, ordering: .relaxed)
        record.gate.pass()
        record.note(sequences)
        if sequences.contains(where: { $0.contains(13) }) { throw Broken() }
        return sequences.map { sequence in
            let sum = sequence.contains(14) ? Float.nan : Float(sequence.reduce(0, +))
            switch shape.output {
            case .tokens: return sequence.map { [Float($0), 1, 1] }
            case .sequences: return [[sum, Float(sequence.count), 1]]
            case .scores: return [[sum]]
            }
        }
    }
}

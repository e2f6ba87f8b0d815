import Vocabulary

/// Collects what a parser gives out, joining neighbours of one kind.
struct PieceCollector: Sendable {
    private var pieces: [AnswerPiece] = []
    private var argumentBytes: [UInt8] = []
    private(set) var callCount = 0
    private(set) var isCallOpen = false

    var hasCalls: Bool { callCount > 0 || isCallOpen }

    mutating func text(_ bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        if case .text(let before) = pieces.last {
            pieces[pieces.count - 1] = .text(before + text)
        } else {
            pieces.append(.text(text))
        }
    }

    mutating func reasoning(_ bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        if case .reasoning(let before) = pieces.last {
            pieces[pieces.count - 1] = .reasoning(before + text)
        } else {
            pieces.append(.reasoning(text))
        }
    }

    mutating func warning(_ code: GenerationWarning.Code, _ message: String) {
        flushArguments()
        pieces.append(.warning(GenerationWarning(code, message)))
    }

    mutating func callStarted(name: String, id: String?) {
        isCallOpen = true
        pieces.append(.callStarted(index: callCount, name: name, id: id))
    }

    mutating func callArguments(_ bytes: [UInt8]) { argumentBytes += bytes }

    /// Ends the open call, whole or broken off.
    mutating func callEnded() {
        flushArguments()
        isCallOpen = false
        callCount += 1
    }

    /// Everything collected since the last time.
    mutating func take() -> [AnswerPiece] {
        flushArguments()
        defer { pieces.removeAll(keepingCapacity: true) }
        return pieces
    }

    private mutating func flushArguments() {
        guard !argumentBytes.isEmpty else { return }
        pieces.append(.callArguments(index: callCount, String(decoding: argumentBytes, as: UTF8.self)))
        argumentBytes.removeAll(keepingCapacity: true)
    }
}

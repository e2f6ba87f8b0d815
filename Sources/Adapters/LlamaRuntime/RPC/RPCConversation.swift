/// What has been asked and answered on one connection between ggml and a worker. Pure; `RPCRelay` moves the bytes.
///
/// ggml ends the process when an answer does not come, or has another length than it must have. So a conversation
/// knows at each moment which bytes ggml still waits for, and gives them when the worker cannot: ggml goes on with zeros,
/// and whoever uses it learns from `RPCLink.isLost` that everything computed since is worthless.
struct RPCConversation {
    private var requests = RPCRequestReader()
    /// Answers that are not complete, the oldest first.
    private var awaited: [RPCAnswer] = []
    private var awaitedStart = 0
    /// Bytes of the oldest one that ggml has.
    private var delivered = 0

    /// Whether ggml waits for anything.
    var awaitsAnswer: Bool { awaitedStart < awaited.count }

    /// Notes what ggml sends.
    mutating func sent(_ bytes: ArraySlice<UInt8>) {
        let answers = requests.read(bytes)
        guard !answers.isEmpty else { return }
        if awaitedStart == awaited.count {
            awaited.removeAll(keepingCapacity: true)
            awaitedStart = 0
        }
        awaited += answers
    }

    /// Notes what the worker answers.
    ///
    /// - Parameter bytes: what comes next.
    /// - Returns: how many of them ggml may have: fewer than there are when the worker says something that nobody asked
    ///   for, or in another length. It is not to be listened to any more then.
    mutating func received(_ bytes: ArraySlice<UInt8>) -> Int {
        var taken = 0
        while taken < bytes.count {
            guard awaitsAnswer else { return taken }
            let answer = awaited[awaitedStart]
            if delivered < 8 {
                guard bytes[bytes.startIndex + taken] == answer.byte(at: delivered) else { return taken }
                taken += 1
                advance(by: 1)
            } else {
                let count = min(bytes.count - taken, answer.total - delivered)
                taken += count
                advance(by: count)
            }
        }
        return taken
    }

    /// What ggml waits for, made up.
    ///
    /// - Parameter countMax: bytes at most.
    /// - Returns: none when ggml waits for nothing.
    mutating func standIn(countMax: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while awaitsAnswer, bytes.count < countMax {
            let answer = awaited[awaitedStart]
            let count = min(countMax - bytes.count, answer.total - delivered)
            let known = max(0, min(8 + answer.standIn.count, delivered + count) - delivered)
            for offset in delivered..<(delivered + known) { bytes.append(answer.byte(at: offset)) }
            bytes.append(contentsOf: repeatElement(0, count: count - known))
            advance(by: count)
        }
        return bytes
    }

    private mutating func advance(by count: Int) {
        delivered += count
        if delivered == awaited[awaitedStart].total {
            awaitedStart += 1
            delivered = 0
        }
    }
}

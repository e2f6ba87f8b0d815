/// What must be known of ggml's RPC protocol to follow a conversation: how long answers are, and what stands in for one
/// that never comes.
///
/// A request is a command (1 byte), a length (8 bytes, little-endian) and as many bytes; an answer is a length and as many
/// bytes. Source: ggml-rpc.cpp of llama.cpp, protocol 7.
enum RPCCommand: UInt8 {
    case allocateBuffer = 0
    case getAlignment = 1
    case getMaxSize = 2
    case bufferGetBase = 3
    case setTensorHash = 7
    case getTensor = 8
    case copyTensor = 9
    case getDeviceMemory = 11
    case getAllocSize = 13
    case hello = 14
    case deviceCount = 15

    static let majorVersion: UInt8 = 7
    /// The request of a greeting: what the other side can do beside TCP. None of it is asked for.
    static let greetingLength = 24
    static let greetingAnswerLength = 28
    /// Requests without an answer have no case; those that there are end here.
    static let countMax: UInt8 = 18
}

/// An answer that ggml waits for.
struct RPCAnswer: Equatable {
    /// Bytes after the length.
    let length: Int
    /// The first bytes of what stands in for it; the others are zero.
    let standIn: [UInt8]

    /// With the length before it.
    var total: Int { 8 + length }

    /// One byte of what stands in for it, the length's first.
    func byte(at offset: Int) -> UInt8 {
        if offset < 8 { return UInt8(truncatingIfNeeded: UInt64(length) >> (8 * UInt64(offset))) }
        return offset - 8 < standIn.count ? standIn[offset - 8] : 0
    }

    /// The answer to a request; `nil` for one that has none.
    ///
    /// - Parameters:
    ///   - command: the request's first byte.
    ///   - tail: its last eight bytes.
    init?(to command: UInt8, tail: [UInt8]) {
        guard let command = RPCCommand(rawValue: command) else { return nil }
        switch command {
        // No buffer: whoever asked for it reports that there is no memory.
        case .allocateBuffer: self.init(length: 16, standIn: [])
        case .getAlignment: self.init(length: 8, standIn: [0, 1])
        case .getMaxSize: self.init(length: 8, standIn: [UInt8](repeating: 0xFF, count: 8))
        // ggml wants a base that is not null, and never looks at what is there.
        case .bufferGetBase: self.init(length: 8, standIn: [0, 0x10])
        // "The server has it": so nothing is sent that nobody reads.
        case .setTensorHash: self.init(length: 1, standIn: [1])
        case .copyTensor: self.init(length: 1, standIn: [1])
        case .getTensor: self.init(length: Int(clamping: Self.number(tail)), standIn: [])
        case .getDeviceMemory: self.init(length: 16, standIn: [0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40])
        // ggml takes the tensor's own size where this is less.
        case .getAllocSize: self.init(length: 8, standIn: [])
        case .hello: self.init(length: RPCCommand.greetingAnswerLength, standIn: [RPCCommand.majorVersion])
        case .deviceCount: self.init(length: 4, standIn: [])
        }
    }

    private init(length: Int, standIn: [UInt8]) {
        self.length = length
        self.standIn = standIn
    }

    /// Eight bytes, little-endian.
    static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Cuts what ggml sends into requests.
struct RPCRequestReader {
    private enum State {
        case command
        case length(command: UInt8, [UInt8])
        case body(command: UInt8, left: UInt64, tail: [UInt8])
    }

    private var state = State.command

    /// Whether the bytes so far end with a whole request.
    var isBetweenRequests: Bool { if case .command = state { true } else { false } }

    /// Reads on.
    ///
    /// - Parameter bytes: what comes next, any number.
    /// - Returns: the answers that the requests that are complete now will have.
    mutating func read(_ bytes: ArraySlice<UInt8>) -> [RPCAnswer] {
        var answers: [RPCAnswer] = []
        var rest = bytes
        while !rest.isEmpty {
            switch state {
            case .command:
                state = .length(command: rest.removeFirst(), [])
            case .length(let command, let read):
                let part = rest.prefix(8 - read.count)
                rest = rest.dropFirst(part.count)
                let all = read + part
                guard all.count == 8 else {
                    state = .length(command: command, all)
                    continue
                }
                advance(command, left: RPCAnswer.number(all), tail: [], &answers)
            case .body(let command, let left, let tail):
                let part = rest.prefix(Int(clamping: left))
                rest = rest.dropFirst(part.count)
                let ends = Array((tail + part.suffix(8)).suffix(8))
                advance(command, left: left - UInt64(part.count), tail: ends, &answers)
            }
        }
        return answers
    }

    private mutating func advance(_ command: UInt8, left: UInt64, tail: [UInt8], _ answers: inout [RPCAnswer]) {
        guard left == 0 else {
            state = .body(command: command, left: left, tail: tail)
            return
        }
        state = .command
        if let answer = RPCAnswer(to: command, tail: tail) { answers.append(answer) }
    }
}

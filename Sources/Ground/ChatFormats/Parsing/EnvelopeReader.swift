import JSONText

/// Reads the generic form: `{"tool_call": {…}}`, `{"tool_calls": […]}` or `{"response": "…"}`, whose text is streamed.
///
/// Source: llama.cpp's generic format for templates that know no tools.
struct EnvelopeReader: Sendable {
    private enum State: Sendable { case open, beforeKey, key, colon, calls, beforeResponse, response, close }

    private let tools: OfferedTools
    private var state = State.open
    private var scanner = JSONScanner()
    private var buffer: [UInt8] = []
    private var calls: JSONCallReader?
    private var isText = false

    init(tools: OfferedTools) { self.tools = tools }

    var namesFunction: Bool { calls?.namesFunction ?? false }

    mutating func feed(_ byte: UInt8, into events: inout [CallEvent]) -> ReadingVerdict {
        switch state {
        case .key:
            buffer.append(byte)
            return keyGrew(byte)
        case .calls:
            switch calls?.feed(byte, into: &events) {
            case .ended(let isByteUsed):
                state = .close
                return isByteUsed ? .more : feed(byte, into: &events)
            case .some(let verdict): return verdict
            case .none: return .failed(.malformed)
            }
        case .response: return response(byte, &events)
        case .open, .beforeKey, .colon, .beforeResponse, .close: break
        }
        if byte.isJSONSpace { return .more }
        switch (state, byte) {
        case (.open, UInt8(ascii: "{")): state = .beforeKey
        case (.beforeKey, UInt8(ascii: "\"")):
            buffer = [byte]
            state = .key
        case (.colon, UInt8(ascii: ":")): state = calls == nil ? .beforeResponse : .calls
        case (.beforeResponse, _):
            scanner = JSONScanner()
            buffer = []
            isText = byte == UInt8(ascii: "\"")
            state = .response
            return response(byte, &events)
        case (.close, UInt8(ascii: "}")): return .ended(isByteUsed: true)
        default: return .failed(.malformed)
        }
        return .more
    }

    func finish(into events: inout [CallEvent]) -> Bool {
        switch state {
        case .close: return true
        case .calls: return calls?.finish(into: &events) ?? false
        case .response:
            // What was not given out yet is the half of an escape.
            return isText
        case .open, .beforeKey, .key, .colon, .beforeResponse: return false
        }
    }

    private mutating func keyGrew(_ byte: UInt8) -> ReadingVerdict {
        guard byte == UInt8(ascii: "\"") else { return buffer.count > 16 ? .failed(.malformed) : .more }
        switch String(decoding: buffer, as: UTF8.self) {
        case "\"tool_call\"", "\"tool_calls\"":
            calls = JSONCallReader(keys: CallKeys(), tools: tools, isTentative: false)
        case "\"response\"": break
        default: return .failed(.malformed)
        }
        state = .colon
        return .more
    }

    private mutating func response(_ byte: UInt8, _ events: inout [CallEvent]) -> ReadingVerdict {
        buffer += scanner.repaired(byte)
        let verdict = scanner.feed(byte)
        switch verdict {
        case .invalid: return .failed(.malformed)
        case .more:
            if isText { giveOut(&events, isOver: false) }
            return .more
        case .done, .doneBefore:
            if verdict == .doneBefore { buffer.removeLast() }
            if isText {
                giveOut(&events, isOver: true)
            } else {
                events.append(.text(String(decoding: buffer, as: UTF8.self)))
            }
            state = .close
            return verdict == .doneBefore ? feed(byte, into: &events) : .more
        }
    }

    /// Gives out the characters that are whole: `buffer` is a quotation mark and what came since.
    private mutating func giveOut(_ events: inout [CallEvent], isOver: Bool) {
        let text = isOver ? buffer : buffer + [UInt8(ascii: "\"")]
        guard case .string(let text) = readJSON(text), !text.isEmpty else { return }
        events.append(.text(text))
        buffer = [UInt8(ascii: "\"")]
    }
}

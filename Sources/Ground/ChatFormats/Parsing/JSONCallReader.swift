import JSONText

/// The names of a call object's members.
struct CallKeys: Sendable, Equatable {
    var names: [String] = ["name"]
    var arguments: [String] = ["arguments", "parameters"]
    var ids: [String] = ["id", "tool_call_id"]
    /// The id stands after the arguments, which are held back for it.
    var idComesLast = false
}

/// Reads calls written as JSON: one object, several behind one another, or a list of them.
///
/// A call starts when its function is known and its arguments have begun. Arguments that are an object pass byte for
/// byte; a string that holds an object is unwrapped.
struct JSONCallReader: Sendable {
    private enum State: Sendable {
        case beforeFirst
        case beforeObject
        case afterObject
        case beforeKey(isFirst: Bool)
        case key
        case colon
        case beforeValue
        case value(Role)
        case afterValue
    }

    private enum Role: Sendable { case name, id, arguments, argumentsToUnwrap, other }

    private let keys: CallKeys
    private let tools: OfferedTools
    /// Nothing marked this as a call: objects that begin with a foreign member are none.
    private let isTentative: Bool

    private var state = State.beforeFirst
    private var isList = false
    private var scanner = JSONScanner()
    private var buffer: [UInt8] = []
    private var key = ""

    private var name: String?
    private var id: String?
    private var isStarted = false
    private var hasArguments = false
    private var heldArguments: [UInt8] = []

    init(keys: CallKeys, tools: OfferedTools, isTentative: Bool) {
        self.keys = keys
        self.tools = tools
        self.isTentative = isTentative
    }

    var namesFunction: Bool { name != nil }

    mutating func feed(_ byte: UInt8, into events: inout [CallEvent]) -> ReadingVerdict {
        if case .value(let role) = state { return value(byte, role, &events) }
        if case .key = state { return key(byte) }
        if byte.isJSONSpace { return .more }
        switch (state, byte) {
        case (.beforeFirst, UInt8(ascii: "[")):
            isList = true
            state = .beforeObject
        case (.beforeFirst, UInt8(ascii: "{")), (.beforeObject, UInt8(ascii: "{")), (.afterObject, UInt8(ascii: "{")):
            if case .afterObject = state, isList { return .failed(.malformed) }
            begin()
        case (.afterObject, UInt8(ascii: ",")) where isList: state = .beforeObject
        case (.afterObject, UInt8(ascii: "]")) where isList: return .ended(isByteUsed: true)
        case (.afterObject, UInt8(ascii: ";")) where !isList, (.afterObject, UInt8(ascii: ",")) where !isList:
            state = .beforeObject
        case (.afterObject, _) where !isList: return .ended(isByteUsed: false)
        case (.beforeKey, UInt8(ascii: "\"")):
            buffer = [byte]
            scanner = JSONScanner()
            _ = scanner.feed(byte)
            state = .key
        case (.beforeKey(isFirst: true), UInt8(ascii: "}")), (.afterValue, UInt8(ascii: "}")): return end(&events)
        case (.colon, UInt8(ascii: ":")): state = .beforeValue
        case (.beforeValue, _): return beginValue(byte, &events)
        case (.afterValue, UInt8(ascii: ",")): state = .beforeKey(isFirst: false)
        default: return .failed(.malformed)
        }
        return .more
    }

    /// A call whose arguments are whole counts, even when its object was not closed.
    func finish(into events: inout [CallEvent]) -> Bool {
        switch state {
        case .afterObject where !isList: return true
        case .afterObject, .beforeObject: return !namesFunction
        case .afterValue where isStarted && hasArguments:
            events.append(.completed)
            return true
        default: return false
        }
    }

    private mutating func begin() {
        name = nil
        id = nil
        isStarted = false
        hasArguments = false
        heldArguments = []
        state = .beforeKey(isFirst: true)
    }

    private mutating func end(_ events: inout [CallEvent]) -> ReadingVerdict {
        guard name != nil else { return .failed(.malformed) }
        if !isStarted {
            start(&events)
            events.append(.arguments(hasArguments ? heldArguments : Array("{}".utf8)))
        } else if !hasArguments {
            events.append(.arguments(Array("{}".utf8)))
        }
        events.append(.completed)
        name = nil
        state = .afterObject
        return .more
    }

    private mutating func key(_ byte: UInt8) -> ReadingVerdict {
        buffer += scanner.repaired(byte)
        switch scanner.feed(byte) {
        case .more: return .more
        case .done:
            guard let text = Self.string(buffer) else { return .failed(.malformed) }
            if isTentative, name == nil, heldArguments.isEmpty, !isKnown(text), text != "type" {
                return .failed(.malformed)
            }
            key = text
            state = .colon
            return .more
        case .doneBefore, .invalid: return .failed(.malformed)
        }
    }

    private func isKnown(_ key: String) -> Bool {
        keys.names.contains(key) || keys.arguments.contains(key) || keys.ids.contains(key)
    }

    private mutating func beginValue(_ byte: UInt8, _ events: inout [CallEvent]) -> ReadingVerdict {
        scanner = JSONScanner()
        buffer = []
        var role = Role.other
        if name == nil, keys.names.contains(key) {
            role = .name
        } else if !isStarted, id == nil, keys.ids.contains(key) {
            role = .id
        } else if !hasArguments, keys.arguments.contains(key) {
            role = byte == UInt8(ascii: "{") ? .arguments : .argumentsToUnwrap
        }
        if case .arguments = role, name != nil, !keys.idComesLast || id != nil { start(&events) }
        state = .value(role)
        return value(byte, role, &events)
    }

    private mutating func start(_ events: inout [CallEvent]) {
        isStarted = true
        events.append(.started(name: name ?? "", id: id))
    }

    private mutating func value(_ byte: UInt8, _ role: Role, _ events: inout [CallEvent]) -> ReadingVerdict {
        let text = scanner.repaired(byte)
        let verdict = scanner.feed(byte)
        if verdict == .invalid { return .failed(.malformed) }
        if verdict != .doneBefore {
            if case .arguments = role {
                if isStarted { events.append(.arguments(text)) } else { heldArguments += text }
            } else {
                buffer += text
            }
        }
        guard verdict != .more else { return .more }
        state = .afterValue
        if let failure = valueEnded(role, &events) { return .failed(failure) }
        return verdict == .doneBefore ? feed(byte, into: &events) : .more
    }

    private mutating func valueEnded(_ role: Role, _ events: inout [CallEvent]) -> CallFailure? {
        switch role {
        case .name:
            guard let text = Self.string(buffer) else { return .malformed }
            guard tools.contains(text) else { return .unknownFunction(text) }
            name = text
        case .id:
            switch readJSON(buffer) {
            case .string(let text): id = text
            case .integer(let number): id = String(number)
            default: break
            }
        case .arguments: hasArguments = true
        case .argumentsToUnwrap:
            guard let object = Self.unwrapped(buffer) else { return .malformed }
            hasArguments = true
            heldArguments = object
        case .other: break
        }
        releaseHeld(&events)
        return nil
    }

    /// Starts a call whose arguments came before its name or its id.
    private mutating func releaseHeld(_ events: inout [CallEvent]) {
        guard !isStarted, hasArguments, name != nil, !keys.idComesLast || id != nil else { return }
        start(&events)
        events.append(.arguments(heldArguments))
        heldArguments = []
    }

    private static func string(_ json: [UInt8]) -> String? {
        guard case .string(let text) = readJSON(json) else { return nil }
        return text
    }

    /// The object that arguments are which were not written as one: in a string, or left out as `null`.
    private static func unwrapped(_ json: [UInt8]) -> [UInt8]? {
        switch readJSON(json) {
        case .null: return Array("{}".utf8)
        case .string(let text):
            if text.allSatisfy(\.isWhitespace) { return Array("{}".utf8) }
            guard case .object = readJSON(text.utf8) else { return nil }
            return Array(text.utf8)
        default: return nil
        }
    }
}

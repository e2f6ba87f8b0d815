/// Follows one JSON value byte by byte and tells where it ends (RFC 8259).
///
/// Looser than the RFC in one point: control characters inside strings pass, because models write line breaks there;
/// `repaired` gives the escape that makes them valid.
struct JSONScanner: Sendable {
    enum Verdict: Equatable {
        case more
        /// The byte was the value's last.
        case done
        /// The value ended before this byte; only numbers do.
        case doneBefore
        case invalid
    }

    private enum State: Equatable {
        case value, afterValue
        case firstElement, firstKey, key, colon
        case string(isKey: Bool, escape: Escape)
        case number(Number)
        case literal(rest: [UInt8])
    }

    private enum Escape: Equatable { case none, started, unicode(digitsLeft: Int) }
    private enum Number { case sign, zero, whole, point, fraction, exponent, exponentSign, exponentDigits }

    private static let depthMax = 128

    private var state = State.value
    /// Open containers, outermost first; `true` is an object.
    private var containers: [Bool] = []

    var isInString: Bool { if case .string = state { true } else { false } }

    /// The byte as it may stand in JSON text at this place.
    func repaired(_ byte: UInt8) -> [UInt8] {
        guard byte < 0x20, isInString else { return [byte] }
        return switch byte {
        case 0x0A: Array("\\n".utf8)
        case 0x0D: Array("\\r".utf8)
        case 0x09: Array("\\t".utf8)
        default: Array("\\u00".utf8) + [hexDigit(byte >> 4), hexDigit(byte & 15)]
        }
    }

    private func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    mutating func feed(_ byte: UInt8) -> Verdict {
        switch state {
        case .string(let isKey, let escape): return string(byte, isKey: isKey, escape: escape)
        case .number(let number): return self.number(byte, number)
        case .literal(let rest):
            guard byte == rest.first else { return .invalid }
            if rest.count > 1 {
                state = .literal(rest: Array(rest.dropFirst()))
                return .more
            }
            return valueEnded()
        case .value, .afterValue, .firstElement, .firstKey, .key, .colon:
            return byte.isJSONSpace ? .more : structure(byte)
        }
    }

    private mutating func structure(_ byte: UInt8) -> Verdict {
        switch (state, byte) {
        case (.firstElement, UInt8(ascii: "]")), (.firstKey, UInt8(ascii: "}")): return closed()
        case (.firstElement, _), (.value, _): return begin(byte)
        case (.firstKey, UInt8(ascii: "\"")), (.key, UInt8(ascii: "\"")):
            state = .string(isKey: true, escape: .none)
        case (.colon, UInt8(ascii: ":")): state = .value
        case (.afterValue, UInt8(ascii: ",")): state = containers.last == true ? .key : .value
        case (.afterValue, UInt8(ascii: "}")) where containers.last == true: return closed()
        case (.afterValue, UInt8(ascii: "]")) where containers.last == false: return closed()
        default: return .invalid
        }
        return .more
    }

    private mutating func begin(_ byte: UInt8) -> Verdict {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard containers.count < Self.depthMax else { return .invalid }
            containers.append(byte == UInt8(ascii: "{"))
            state = byte == UInt8(ascii: "{") ? .firstKey : .firstElement
        case UInt8(ascii: "\""): state = .string(isKey: false, escape: .none)
        case UInt8(ascii: "-"): state = .number(.sign)
        case UInt8(ascii: "0"): state = .number(.zero)
        case UInt8(ascii: "1")...UInt8(ascii: "9"): state = .number(.whole)
        case UInt8(ascii: "t"): state = .literal(rest: Array("rue".utf8))
        case UInt8(ascii: "f"): state = .literal(rest: Array("alse".utf8))
        case UInt8(ascii: "n"): state = .literal(rest: Array("ull".utf8))
        default: return .invalid
        }
        return .more
    }

    private mutating func closed() -> Verdict {
        containers.removeLast()
        return valueEnded()
    }

    private mutating func valueEnded() -> Verdict {
        state = .afterValue
        return containers.isEmpty ? .done : .more
    }

    private mutating func string(_ byte: UInt8, isKey: Bool, escape: Escape) -> Verdict {
        switch escape {
        case .started:
            switch byte {
            case UInt8(ascii: "u"): state = .string(isKey: isKey, escape: .unicode(digitsLeft: 4))
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
                UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                state = .string(isKey: isKey, escape: .none)
            default: return .invalid
            }
        case .unicode(let digitsLeft):
            guard byte.isHexDigit else { return .invalid }
            state = .string(isKey: isKey, escape: digitsLeft == 1 ? .none : .unicode(digitsLeft: digitsLeft - 1))
        case .none:
            if byte == UInt8(ascii: "\\") {
                state = .string(isKey: isKey, escape: .started)
            } else if byte == UInt8(ascii: "\"") {
                guard isKey else { return valueEnded() }
                state = .colon
            }
        }
        return .more
    }

    private mutating func number(_ byte: UInt8, _ number: Number) -> Verdict {
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        switch (number, byte) {
        case (.sign, UInt8(ascii: "0")): state = .number(.zero)
        case (.sign, _) where isDigit, (.whole, _) where isDigit: state = .number(.whole)
        case (.zero, UInt8(ascii: ".")), (.whole, UInt8(ascii: ".")): state = .number(.point)
        case (.point, _) where isDigit, (.fraction, _) where isDigit: state = .number(.fraction)
        case (.zero, UInt8(ascii: "e")), (.zero, UInt8(ascii: "E")), (.whole, UInt8(ascii: "e")),
            (.whole, UInt8(ascii: "E")), (.fraction, UInt8(ascii: "e")), (.fraction, UInt8(ascii: "E")):
            state = .number(.exponent)
        case (.exponent, UInt8(ascii: "+")), (.exponent, UInt8(ascii: "-")): state = .number(.exponentSign)
        case (.exponent, _) where isDigit, (.exponentSign, _) where isDigit, (.exponentDigits, _) where isDigit:
            state = .number(.exponentDigits)
        case (.zero, _), (.whole, _), (.fraction, _), (.exponentDigits, _):
            if containers.isEmpty {
                state = .afterValue
                return .doneBefore
            }
            state = .afterValue
            return feed(byte)
        default: return .invalid
        }
        return .more
    }
}

extension UInt8 {
    var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }

    fileprivate var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

/// The questions that Python's `str.is…` methods answer.
enum TextTests {
    static func isLower(_ text: String) -> Bool {
        var hasCased = false
        for scalar in text.unicodeScalars {
            if scalar.isUpper || scalar.isTitle { return false }
            if scalar.isLower { hasCased = true }
        }
        return hasCased
    }

    static func isUpper(_ text: String) -> Bool {
        var hasCased = false
        for scalar in text.unicodeScalars {
            if scalar.isLower || scalar.isTitle { return false }
            if scalar.isUpper { hasCased = true }
        }
        return hasCased
    }

    static func isTitle(_ text: String) -> Bool {
        var hasCased = false
        var followsCased = false
        for scalar in text.unicodeScalars {
            if scalar.isUpper || scalar.isTitle {
                if followsCased { return false }
                followsCased = true
                hasCased = true
            } else if scalar.isLower {
                if !followsCased { return false }
                followsCased = true
                hasCased = true
            } else {
                followsCased = false
            }
        }
        return hasCased
    }

    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
        return text.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
    }

    /// The answer of the method `name`; `nil` when there is no such question.
    static func answer(_ name: String, about text: String) -> Bool? {
        func all(_ test: (Unicode.Scalar) -> Bool) -> Bool {
            !text.isEmpty && text.unicodeScalars.allSatisfy(test)
        }
        switch name {
        case "isalpha": return all(\.isLetter)
        case "isdigit": return all(isDigit)
        case "isdecimal": return all { $0.properties.numericType == .decimal }
        case "isnumeric": return all { $0.properties.numericType != nil }
        case "isalnum": return all { $0.isLetter || $0.properties.numericType != nil }
        case "isspace": return all(\.isPythonSpace)
        case "isascii": return text.utf8.allSatisfy { $0 < 0x80 }
        case "isprintable": return text.unicodeScalars.allSatisfy(\.isPrintable)
        case "islower": return isLower(text)
        case "isupper": return isUpper(text)
        case "istitle": return isTitle(text)
        case "isidentifier": return isIdentifier(text)
        default: return nil
        }
    }
}

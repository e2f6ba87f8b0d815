/// Python's changes of case.
enum TextCase {
    static func capitalized(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return text }
        return first.properties.titlecaseMapping + String(text.unicodeScalars.dropFirst()).lowercased()
    }

    /// `str.title`: each run of cased letters begins with a capital.
    static func titled(_ text: String) -> String {
        var result = ""
        var followsCased = false
        for scalar in text.unicodeScalars {
            result += followsCased ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            followsCased = scalar.properties.isCased
        }
        return result
    }

    static func swapped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            result += scalar.isUpper ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
        }
        return result
    }

    /// The `title` filter: words begin after white space, hyphens and opening brackets only.
    static func titledWords(_ text: String) -> String {
        var result = ""
        var word = ""
        var isSeparator: Bool?
        func finish() {
            guard let first = word.unicodeScalars.first else { return }
            result += first.properties.uppercaseMapping + String(word.unicodeScalars.dropFirst()).lowercased()
            word = ""
        }
        for scalar in text.unicodeScalars {
            let separates = scalar.isPythonSpace || ["-", "(", "{", "[", "<"].contains(scalar)
            if separates != isSeparator { finish() }
            isSeparator = separates
            word.unicodeScalars.append(scalar)
        }
        finish()
        return result
    }
}

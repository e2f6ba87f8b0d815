/// Names with `*` for any characters, also none: `qwen*`, `*-coder`, `*`. Everything else stands for itself.
public enum NamePattern {
    /// Longest pattern that is accepted from outside, in bytes.
    public static let bytesMax = 256

    /// Whether a name fits a pattern.
    ///
    /// - Parameters:
    ///   - name: compared byte for byte.
    ///   - pattern: with any number of `*`.
    /// - Returns: whether it fits.
    /// - Complexity: O(name × pattern) at worst; O(name) with one `*`.
    public static func matches(_ name: String, _ pattern: String) -> Bool {
        guard pattern.utf8.contains(UInt8(ascii: "*")) else { return name.utf8.elementsEqual(pattern.utf8) }
        if pattern.utf8.count == 1 { return true }
        let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
        var (place, position) = (0, 0)
        // Where the last `*` stands, and where what it stands for ends so far.
        var (star, end): (Int?, Int) = (nil, 0)
        while place < name.count {
            if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
                (star, end) = (position, place)
                position += 1
            } else if position < pattern.count, pattern[position] == name[place] {
                place += 1
                position += 1
            } else if let star {
                end += 1
                (place, position) = (end, star + 1)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension Principal {
    /// Whether the caller may ask a model: both the credential's list and the user's must have it.
    ///
    /// - Parameter name: as the request names it, or as the model is served.
    /// - Returns: whether neither list leaves it out.
    public func allows(model name: String) -> Bool {
        [models, userModels].allSatisfy { list in
            list.map { $0.contains { NamePattern.matches(name, $0) } } ?? true
        }
    }
}

/// The names of files in a repository: they come from outside, and become names on this machine.
public enum HubPath {
    /// Longest path in bytes; longer ones do not occur and would only make other bounds larger.
    public static let bytesMax = 1024
    /// Longest name of one file or folder in bytes: 255 is Linux' own bound, less what unfinished files are called.
    public static let nameBytesMax = 232

    /// Says yes only to paths that stay below the folder of their repository.
    ///
    /// - Parameter path: relative, with slashes, as hubs list it.
    /// - Throws: `unsafeName`, with what is wrong and the path in a form that is safe to show.
    public static func check(_ path: String) throws(HubError) {
        guard !path.isEmpty else { throw refusal(path, "it is empty") }
        guard path.utf8.count <= bytesMax else { throw refusal(path, "it has more than \(bytesMax) bytes") }
        guard path.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw refusal(path, "it holds a control character")
        }
        guard !path.contains("\\") else { throw refusal(path, "it holds a backslash") }
        guard !path.hasPrefix("/") else { throw refusal(path, "it is absolute") }
        for name in path.split(separator: "/", omittingEmptySubsequences: false) {
            guard !name.isEmpty, name != ".", name != ".." else { throw refusal(path, "a part of it is '\(name)'") }
            guard name.utf8.count <= nameBytesMax else {
                throw refusal(path, "a name in it has more than \(nameBytesMax) bytes")
            }
            guard !unfinishedEnds.contains(where: { name.hasSuffix($0) }) else {
                throw refusal(path, "its end is what unfinished downloads are called")
            }
        }
    }

    /// What the names of unfinished files end in.
    public static let partEnd = ".nexus-part"
    public static let ledgerEnd = ".nexus-ledger"
    private static let unfinishedEnds = [partEnd, ledgerEnd]

    private static func refusal(_ path: String, _ why: String) -> HubError {
        HubError(
            .unsafeName, "The file name '\(shown(path))' is refused: \(why).",
            hint: "Nothing was written. A repository with such a name should not be trusted.")
    }

    /// At most 120 characters, with control characters as `\u{…}`.
    static func shown(_ path: String) -> String {
        path.unicodeScalars.prefix(120).map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }.joined()
    }
}

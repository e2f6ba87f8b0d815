/// The words and pairs of neighbouring words of a text, as numbers, and each once.
///
/// `scripts/task-classifier/train.py` cuts texts in the same way.
struct TaskFeatures {
    /// Bytes of a text that are looked at.
    static let bytesMax = 2_048

    /// FNV-1a of every word and every pair.
    private(set) var hashes: Set<UInt64> = []
    private var last: UInt64?

    /// - Parameter text: what was asked.
    init(_ text: String) {
        hashes.reserveCapacity(256)
        var word: UInt64?
        var isNumber = false
        for byte in text.utf8.prefix(Self.bytesMax) {
            let lower = byte | 0x20
            if (0x61...0x7A).contains(lower) || byte >= 0x80 {
                word = Self.mix(word ?? Self.basis, byte < 0x80 ? lower : byte)
                isNumber = false
                continue
            }
            if let whole = word { take(whole) }
            word = nil
            let isDigit = (0x30...0x39).contains(byte)
            if isDigit {
                if !isNumber { take(Self.number) }
            } else if Self.marks.contains(byte) {
                take(Self.mark(byte))
            }
            isNumber = isDigit
        }
        if let word { take(word) }
    }

    private mutating func take(_ hash: UInt64) {
        hashes.insert(hash)
        if let last { hashes.insert(Self.pair(last, hash)) }
        last = hash
    }

    /// The number of an entry of the table: `word`, or `word~word`.
    static func hash(of entry: Substring) -> UInt64 {
        let words = entry.split(separator: "~").map { word in word.utf8.reduce(basis) { mix($0, $1) } }
        return words.count == 2 ? pair(words[0], words[1]) : words.first ?? basis
    }

    // MARK: Hashing

    private static let basis: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let marks = Set("=+*/^%<>{}()[];_`$#".utf8)
    private static let number = "<n>".utf8.reduce(basis) { mix($0, $1) }

    private static func mark(_ byte: UInt8) -> UInt64 {
        [UInt8(ascii: "<"), byte, UInt8(ascii: ">")].reduce(basis) { mix($0, $1) }
    }

    private static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    private static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 {
        (first &* 0x9E37_79B9_7F4A_7C15) ^ (second &+ 0x7F4A_7C15)
    }
}

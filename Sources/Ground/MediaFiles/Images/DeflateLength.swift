/// How many bytes compressed data will be, found without making them. Source: RFC 1950 (zlib), RFC 1951 (deflate).
struct DeflateLength {
    private let data: [UInt8]
    private var offset: Int
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var length = 0

    /// - Parameters:
    ///   - data: a zlib stream.
    ///   - max: counting ends beyond this.
    /// - Returns: the number of bytes, or one beyond `max`.
    /// - Throws: `MediaFileError` when the data is cut off or no such stream.
    static func ofZlib(_ data: [UInt8], max: Int) throws(MediaFileError) -> Int {
        guard data.count > 2, data[0] & 15 == 8 else { throw damaged }
        var counter = DeflateLength(data: data, offset: 2)
        return try counter.count(max: max)
    }

    private static let damaged = MediaFileError(.damaged, "its pixels cannot be unpacked")

    private init(data: [UInt8], offset: Int) {
        self.data = data
        self.offset = offset
    }

    private mutating func count(max: Int) throws(MediaFileError) -> Int {
        var isLast = false
        while !isLast, length <= max {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored()
            case 1: try compressed(Codes.fixedLiterals, Codes.fixedDistances, max: max)
            case 2:
                let (literals, distances) = try codes()
                try compressed(literals, distances, max: max)
            default: throw Self.damaged
            }
        }
        return length
    }

    private mutating func fill() {
        while bitCount <= 48, offset < data.count {
            bits |= UInt64(data[offset]) << UInt64(bitCount)
            bitCount += 8
            offset += 1
        }
    }

    private mutating func take(_ count: Int) throws(MediaFileError) -> Int {
        if bitCount < count { fill() }
        guard bitCount >= count else { throw .cutOff }
        let value = Int(bits & (1 << UInt64(count) - 1))
        bits >>= UInt64(count)
        bitCount -= count
        return value
    }

    private mutating func stored() throws(MediaFileError) {
        _ = try take(bitCount & 7)
        let count = try take(16)
        guard try take(16) == count ^ 0xFFFF else { throw Self.damaged }
        let held = min(count, bitCount / 8)
        _ = try take(8 * min(held, 4))
        for _ in 0..<max(0, held - 4) { _ = try take(8) }
        guard offset + count - held <= data.count else { throw .cutOff }
        offset += count - held
        length += count
    }

    private mutating func compressed(_ literals: Codes, _ distances: Codes, max: Int) throws(MediaFileError) {
        while length <= max {
            let symbol = try next(literals)
            if symbol < 256 {
                length += 1
            } else if symbol == 256 {
                return
            } else {
                guard symbol < 286 else { throw Self.damaged }
                let (base, extra) = Codes.lengths[symbol - 257]
                length += base + (try take(extra))
                let distance = try next(distances)
                guard distance < 30 else { throw Self.damaged }
                _ = try take(distance < 4 ? 0 : distance / 2 - 1)
            }
        }
    }

    private mutating func next(_ codes: Codes) throws(MediaFileError) -> Int {
        if bitCount < Codes.bitsMax { fill() }
        let entry = codes.table[Int(bits & UInt64(codes.table.count - 1))]
        let size = Int(entry & 15)
        guard size > 0 else { throw Self.damaged }
        _ = try take(size)
        return Int(entry >> 4)
    }

    /// The codes that a block brings with it.
    private mutating func codes() throws(MediaFileError) -> (literals: Codes, distances: Codes) {
        let literalCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let lengthCount = try take(4) + 4
        var sizes = [UInt8](repeating: 0, count: 19)
        for place in Codes.lengthOrder.prefix(lengthCount) { sizes[place] = UInt8(try take(3)) }
        guard let lengthCodes = Codes(sizes) else { throw Self.damaged }
        var all: [UInt8] = []
        while all.count < literalCount + distanceCount {
            let symbol = try next(lengthCodes)
            switch symbol {
            case 16:
                guard let last = all.last else { throw Self.damaged }
                all += [UInt8](repeating: last, count: try take(2) + 3)
            case 17: all += [UInt8](repeating: 0, count: try take(3) + 3)
            case 18: all += [UInt8](repeating: 0, count: try take(7) + 11)
            default: all.append(UInt8(symbol))
            }
        }
        guard all.count == literalCount + distanceCount, let literals = Codes(Array(all.prefix(literalCount))),
            let distances = Codes(Array(all.suffix(distanceCount)))
        else { throw Self.damaged }
        return (literals, distances)
    }

    /// A Huffman code as a table: by the next 15 bits, the symbol times 16 plus the code's length; 0 is no code.
    private struct Codes {
        static let bitsMax = 15
        var table: [UInt16]

        init?(_ sizes: [UInt8]) {
            var counts = [Int](repeating: 0, count: Self.bitsMax + 2)
            for size in sizes where size > 0 { counts[Int(size)] += 1 }
            var next = [Int](repeating: 0, count: Self.bitsMax + 2)
            var code = 0
            for size in 1...Self.bitsMax {
                code = (code + counts[size - 1]) << 1
                next[size] = code
                guard code + counts[size] <= 1 << size else { return nil }
            }
            table = [UInt16](repeating: 0, count: 1 << Self.bitsMax)
            for (symbol, size) in sizes.enumerated() where size > 0 {
                let code = next[Int(size)]
                next[Int(size)] += 1
                var reversed = 0
                for bit in 0..<Int(size) where code >> bit & 1 == 1 { reversed |= 1 << (Int(size) - 1 - bit) }
                for place in stride(from: reversed, to: table.count, by: 1 << Int(size)) {
                    table[place] = UInt16(symbol) << 4 | UInt16(size)
                }
            }
        }

        static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        /// The least length of each symbol from 257 on, and how many more bits there are.
        static let lengths: [(base: Int, extra: Int)] = {
            var all: [(base: Int, extra: Int)] = []
            var base = 3
            for index in 0..<28 {
                let extra = index < 8 ? 0 : index / 4 - 1
                all.append((base, extra))
                base += 1 << extra
            }
            return all + [(258, 0)]
        }()
        static let fixedLiterals = fixed(
            [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
                + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8))
        static let fixedDistances = fixed([UInt8](repeating: 5, count: 32))

        private static func fixed(_ sizes: [UInt8]) -> Codes {
            guard let codes = Codes(sizes) else { preconditionFailure("RFC 1951 gives whole codes") }
            return codes
        }
    }
}

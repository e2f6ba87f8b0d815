/// The generator of chance: the same numbers as llama.cpp draws from the same seed.
///
/// Source: Matsumoto and Nishimura 1998, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random
/// number generator" (`std::mt19937`); fractions as libstdc++'s `std::generate_canonical` makes them.
struct MersenneTwister: Sendable {
    private static let size = 624
    private var state: [UInt32]
    private var index = Self.size

    init(seed: UInt32) {
        state = [UInt32](repeating: 0, count: Self.size)
        state[0] = seed
        for index in 1..<Self.size {
            let previous = state[index - 1]
            state[index] = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(index)
        }
    }

    mutating func next() -> UInt32 {
        if index == Self.size { twist() }
        var value = state[index]
        index += 1
        value ^= value >> 11
        value ^= (value << 7) & 0x9D2C_5680
        value ^= (value << 15) & 0xEFC6_0000
        return value ^ (value >> 18)
    }

    private mutating func twist() {
        for position in 0..<Self.size {
            let mixed = (state[position] & 0x8000_0000) | (state[(position + 1) % Self.size] & 0x7FFF_FFFF)
            let twisted = (mixed >> 1) ^ ((mixed & 1) == 0 ? 0 : 0x9908_B0DF)
            state[position] = state[(position + 397) % Self.size] ^ twisted
        }
        index = 0
    }

    /// At least 0 and less than 1, from 64 bits.
    mutating func fraction() -> Double {
        let low = Double(next())
        let value = (low + Double(next()) * 4_294_967_296) / 18_446_744_073_709_551_616
        return value < 1 ? value : 1.0.nextDown
    }

    /// At least 0 and less than 1, from 32 bits.
    mutating func shortFraction() -> Float {
        let value = Float(next()) / 4_294_967_296
        return value < 1 ? value : Float(1).nextDown
    }
}

/// Eight floats that are worked on at once. Two SSE registers, or one of AVX.
typealias Lanes = SIMD8<Float>

extension SIMD8 where Scalar == Float {
    @inline(__always)
    static func load(_ pointer: UnsafePointer<Float>) -> Self {
        UnsafeRawPointer(pointer).loadUnaligned(as: Self.self)
    }

    /// The larger one of each pair. Written out lane by lane it compiles to `maxps`; `pointwiseMax` and a comparison of
    /// eight lanes at once do not.
    @inline(__always)
    func larger(_ other: Self) -> Self {
        var result = self
        for lane in 0..<8 { result[lane] = self[lane] > other[lane] ? self[lane] : other[lane] }
        return result
    }

    /// The largest of all eight.
    @inline(__always)
    var largest: Float {
        var four = lowHalf
        for lane in 0..<4 { four[lane] = lowHalf[lane] > highHalf[lane] ? lowHalf[lane] : highHalf[lane] }
        let first = four[0] > four[1] ? four[0] : four[1]
        let second = four[2] > four[3] ? four[2] : four[3]
        return first > second ? first : second
    }

    /// These, with minus infinity where the bit of `mask` (bit 0 for the first) is not set.
    @inline(__always)
    func allowed(by mask: UInt8) -> Self {
        let bits = SIMD8<Int32>(repeating: Int32(mask)) & SIMD8<Int32>(1, 2, 4, 8, 16, 32, 64, 128)
        var result = self
        for lane in 0..<8 { result[lane] = bits[lane] != 0 ? self[lane] : -.infinity }
        return result
    }

    @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Self.self)
    }

    @inline(__always)
    var total: Float {
        let four = lowHalf + highHalf
        let two = four.lowHalf + four.highHalf
        return two[0] + two[1]
    }

    /// 2 to the power of each, for exponents up to 0: relative error below 3e-7; below -126 it is about 0.
    ///
    /// The exponent's whole part goes into the bits of the result, its fraction (-0.5 to 0.5) into the Taylor series of
    /// 2^x (Cody and Waite 1980, "Software Manual for the Elementary Functions", chapter 6).
    @inline(__always)
    var powerOfTwo: Self {
        let lowest = Self(repeating: -126)
        let exponent = larger(lowest)
        // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits.
        let shifter = Self(repeating: 12_582_912)
        let shifted = exponent + shifter
        let x = exponent - (shifted - shifter)
        var series = Self(repeating: 1.540_353_0e-4)
        series = series * x + 1.333_355_8e-3
        series = series * x + 9.618_129_1e-3
        series = series * x + 5.550_410_9e-2
        series = series * x + 2.402_265_1e-1
        series = series * x + 6.931_471_8e-1
        series = series * x + 1
        return Self(bits: series.bits &+ (shifted.bits &<< 23))
    }

    @inline(__always)
    var bits: SIMD8<Int32> {
        withUnsafePointer(to: self) { UnsafeRawPointer($0).loadUnaligned(as: SIMD8<Int32>.self) }
    }

    @inline(__always)
    init(bits: SIMD8<Int32>) {
        self = withUnsafePointer(to: bits) { UnsafeRawPointer($0).loadUnaligned(as: Self.self) }
    }
}

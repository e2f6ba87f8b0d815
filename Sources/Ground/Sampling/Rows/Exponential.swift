import Glibc

/// The C library's functions on single numbers, under one roof.
enum Exponential {
    @inline(__always)
    static func of(_ x: Float) -> Float { expf(x) }
    @inline(__always)
    static func of(_ x: Double) -> Double { exp(x) }
    @inline(__always)
    static func logarithm(_ x: Float) -> Float { logf(x) }
    @inline(__always)
    static func logarithm(_ x: Double) -> Double { log(x) }
    @inline(__always)
    static func binaryLogarithm(_ x: Float) -> Float { log2f(x) }
    @inline(__always)
    static func power(_ base: Float, _ exponent: Float) -> Float { powf(base, exponent) }
    @inline(__always)
    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
}

import Foundation
import Hardware
import Synchronization

/// A short look at how fast memory and arithmetic are, before any model ran. Takes under a second.
enum SpeedMeter {
    private static let blockBytes = 64 << 20
    private static let patience = 0.15

    /// Measures with some threads at the same time.
    ///
    /// - Parameters:
    ///   - threads: as many as would compute.
    ///   - features: of the processor; arithmetic is measured with the instructions that every processor has, and
    ///     wider ones are taken for as many times faster as they are wider.
    /// - Returns: of all threads together.
    static func probe(threads: Int, features: [ProcessorFeature]) async -> SpeedProbe {
        let count = max(1, min(threads, 64))
        let bytes = await total(count) { memorySpeed() }
        let operations = await total(count) { arithmeticSpeed() }
        return SpeedProbe(bytesPerSecond: bytes, operationsPerSecond: operations * width(features))
    }

    /// Vectors of 4 numbers with a multiplication and an addition apart are what is measured; AVX2 has vectors of 8
    /// that do both at once. AVX512 counts no more than that: many processors do half as many of them.
    private static func width(_ features: [ProcessorFeature]) -> Double {
        if features.contains(.fma), features.contains(.avx2) { return 4 }
        if features.contains(.avx) || features.contains(.neon) { return 2 }
        return 1
    }

    /// The sum over threads that each measure themselves.
    private static func total(_ threads: Int, _ body: @escaping @Sendable () -> Double) async -> Double {
        let sum = Mutex((value: 0.0, left: threads))
        return await withCheckedContinuation { (done: CheckedContinuation<Double, Never>) in
            for _ in 0..<threads {
                Thread.detachNewThread {
                    let speed = body()
                    let result = sum.withLock { state -> Double? in
                        state.value += speed
                        state.left -= 1
                        return state.left == 0 ? state.value : nil
                    }
                    if let result { done.resume(returning: result) }
                }
            }
        }
    }

    /// Bytes per second of reading a block that is larger than what caches keep for one thread.
    private static func memorySpeed() -> Double {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockBytes, alignment: 4_096)
        defer { block.deallocate() }
        block.initializeMemory(as: UInt8.self, repeating: 0)
        guard let start = block.baseAddress else { return 0 }
        var found = 0
        var rounds = 0
        let began = ContinuousClock.now
        // The C library's search reads as fast as memory delivers.
        repeat {
            if memchr(start, 1, blockBytes) != nil { found += 1 }
            rounds += 1
        } while (ContinuousClock.now - began).inSeconds < patience
        return found == 0 ? Double(rounds * blockBytes) / (ContinuousClock.now - began).inSeconds : 0
    }

    /// Operations per second of multiplications and additions that do not wait for each other.
    private static func arithmeticSpeed() -> Double {
        var sums = [SIMD4<Float>](repeating: SIMD4(repeating: 1), count: 8)
        let factor = SIMD4<Float>(repeating: 0.999_99)
        let addend = SIMD4<Float>(repeating: 0.000_01)
        var rounds = 0
        let began = ContinuousClock.now
        repeat {
            (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]) = turn(
                (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]), factor, addend)
            rounds += 1
        } while (ContinuousClock.now - began).inSeconds < patience
        let seconds = (ContinuousClock.now - began).inSeconds
        // Looked at, so that nothing is left out as useless.
        let isSound = sums.allSatisfy { $0.x.isFinite }
        return isSound ? Double(rounds) * Double(turns) * 8 * 4 * 2 / seconds : 0
    }

    private static let turns = 2_000
    private typealias Eight = (
        SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>
    )

    private static func turn(_ start: Eight, _ factor: SIMD4<Float>, _ addend: SIMD4<Float>) -> Eight {
        var s = start
        for _ in 0..<turns {
            s.0 = s.0 * factor + addend
            s.1 = s.1 * factor + addend
            s.2 = s.2 * factor + addend
            s.3 = s.3 * factor + addend
            s.4 = s.4 * factor + addend
            s.5 = s.5 * factor + addend
            s.6 = s.6 * factor + addend
            s.7 = s.7 * factor + addend
        }
        return s
    }
}

extension Duration {
    /// As a number.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

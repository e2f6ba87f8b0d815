/// ggml's blocks of type Q8_0: 32 numbers as signed bytes, and before them, as a half, what those are to be multiplied with.
///
/// Source: `quantize_row_q8_0_ref` of ggml. Differs from it in: numbers that no block can hold are refused.
enum Q8Blocks {
    static let length = 32
    static let byteCount = 34

    /// The blocks of some numbers.
    ///
    /// - Parameter bytes: singles, little endian, in whole blocks.
    /// - Returns: `nil` when a number is none or is infinite, or when a scale does not fit a half.
    static func quantized(_ bytes: [UInt8]) -> [UInt8]? {
        let blocks = bytes.count / (length * MemoryLayout<Float>.size)
        var isWhole = true
        let result = bytes.withUnsafeBytes { input in
            [UInt8](unsafeUninitializedCapacity: blocks * byteCount) { output, filled in
                var numbers = [Float](repeating: 0, count: length)
                for block in 0..<blocks {
                    var largest: Float = 0
                    for index in 0..<length {
                        let place = (block * length + index) * MemoryLayout<Float>.size
                        let bits = UInt32(littleEndian: input.loadUnaligned(fromByteOffset: place, as: UInt32.self))
                        numbers[index] = Float(bitPattern: bits)
                        // What is no number is larger than none, so it is looked for by itself.
                        isWhole = isWhole && numbers[index].isFinite
                        largest = max(largest, abs(numbers[index]))
                    }
                    let scale = largest / 127
                    // Of a scale so small the half is 0, and the numbers are nothing either way.
                    let inverse = scale < .leastNormalMagnitude ? 0 : 1 / scale
                    let written = half(of: scale.bitPattern)
                    isWhole = isWhole && written < 0x7C00
                    let start = block * byteCount
                    output[start] = UInt8(truncatingIfNeeded: written)
                    output[start + 1] = UInt8(truncatingIfNeeded: written >> 8)
                    guard isWhole else { continue }
                    for index in 0..<length {
                        let rounded = (numbers[index] * inverse).rounded(.toNearestOrAwayFromZero)
                        output[start + 2 + index] = UInt8(bitPattern: Int8(rounded))
                    }
                }
                filled = isWhole ? blocks * byteCount : 0
            }
        }
        return isWhole ? result : nil
    }
}

import TestRandomness

/// Images and recordings that tests make, in formats that need no compression.
public enum SmallMedia {
    /// A BMP image of random pixels; the same seed makes the same image.
    public static func image(seed: UInt64, width: Int = 24, height: Int = 20) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        let row = (width * 3 + 3) / 4 * 4
        let pixels = (0..<row * height).map { _ in UInt8.random(in: 0...255, using: &random) }
        return Array("BM".utf8) + bytes(54 + pixels.count) + bytes(0) + bytes(54) + bytes(40) + bytes(width)
            + bytes(height) + [1, 0, 24, 0] + [UInt8](repeating: 0, count: 24) + pixels
    }

    /// A WAV recording of noise at 16 kHz; the same seed makes the same recording.
    public static func recording(seed: UInt64, samples: Int = 8_000) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        let data = (0..<samples * 2).map { _ in UInt8.random(in: 0...255, using: &random) }
        return Array("RIFF".utf8) + bytes(36 + data.count) + Array("WAVEfmt ".utf8) + bytes(16) + [1, 0, 1, 0]
            + bytes(16_000) + bytes(32_000) + [2, 0, 16, 0] + Array("data".utf8) + bytes(data.count) + data
    }

    private static func bytes(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
}

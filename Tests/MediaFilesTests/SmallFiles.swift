/// Files written here, byte by byte: no encoder is at hand, and these are small.
enum SmallFiles {
    static func bigEndian(_ value: Int, _ count: Int = 4) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func littleEndian(_ value: Int, _ count: Int = 4) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// zlib data that holds bytes as they are.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var data: [UInt8] = [0x78, 0x01]
        var rest = bytes[...]
        repeat {
            let piece = rest.prefix(65_535)
            rest = rest.dropFirst(65_535)
            data += [rest.isEmpty ? 1 : 0] + littleEndian(piece.count, 2) + littleEndian(~piece.count, 2) + piece
        } while !rest.isEmpty
        // The checksum is not looked at.
        return data + [0, 0, 0, 0]
    }

    static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        bigEndian(content.count) + Array(name.utf8) + content + [0, 0, 0, 0]
    }

    /// With `data` in the pixels' chunk, or else black pixels: a million at most.
    static func png(width: Int, height: Int, data: [UInt8]? = nil) -> [UInt8] {
        let header = bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
        let count = min(Double(height) * Double(width * 3 + 1), 1e6)
        let pixels = data ?? stored([UInt8](repeating: 0, count: Int(count)))
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", pixels)
            + chunk("IEND", [])
    }

    static func jpeg(width: Int, height: Int, isWhole: Bool = true) -> [UInt8] {
        let frame: [UInt8] = [8] + bigEndian(height, 2) + bigEndian(width, 2) + [1, 1, 0x11, 0]
        return [0xFF, 0xD8, 0xFF, 0xE0] + bigEndian(4, 2) + [1, 2] + [0xFF, 0xC0] + bigEndian(frame.count + 2, 2)
            + frame
            + [0xFF, 0xDA, 1, 2, 3, 4] + (isWhole ? [0xFF, 0xD9] : [])
    }

    static func gif(width: Int, height: Int) -> [UInt8] {
        Array("GIF89a".utf8) + littleEndian(width, 2) + littleEndian(height, 2) + [0x80, 0, 0] + [0, 0, 0, 9, 9, 9]
            + [0x2C, 0, 0, 0, 0] + littleEndian(width, 2) + littleEndian(height, 2) + [0, 2, 2, 0x44, 1, 0, 0x3B]
    }

    static func bmp(width: Int, height: Int) -> [UInt8] {
        let pixels = [UInt8](repeating: 7, count: (width * 24 + 31) / 32 * 4 * abs(height))
        return Array("BM".utf8) + littleEndian(54 + pixels.count) + littleEndian(0) + littleEndian(54)
            + littleEndian(40)
            + littleEndian(width) + littleEndian(height) + littleEndian(1, 2) + littleEndian(24, 2) + littleEndian(0)
            + [UInt8](repeating: 0, count: 20) + pixels
    }

    static func wav(samples: Int, rate: Int, saysSamples: Int? = nil, kind: Int = 1) -> [UInt8] {
        let data = [UInt8](repeating: 0, count: samples * 2)
        return Array("RIFF".utf8) + littleEndian(36 + data.count) + Array("WAVEfmt ".utf8) + littleEndian(16)
            + littleEndian(kind, 2) + littleEndian(1, 2) + littleEndian(rate) + littleEndian(rate * 2)
            + littleEndian(2, 2) + littleEndian(16, 2) + Array("data".utf8)
            + littleEndian((saysSamples ?? samples) * 2) + data
    }

    static func flac(samples: Int, rate: Int) -> [UInt8] {
        let packed = rate << 12 | 0 << 9 | 15 << 4 | samples >> 32
        return Array("fLaC".utf8) + [0x80, 0, 0, 34] + [UInt8](repeating: 0, count: 10) + bigEndian(packed)
            + bigEndian(samples & 0xFFFF_FFFF) + [UInt8](repeating: 0, count: 16) + [0xFF, 0xF8]
    }

    /// Frames of MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes and 1,152 samples each.
    static func mp3(frames: Int) -> [UInt8] {
        let frame: [UInt8] = [0xFF, 0xFB, 0x90, 0x00] + [UInt8](repeating: 0, count: 413)
        return (0..<frames).flatMap { _ in frame }
    }
}

/// MP3, whose length is the sum of its frames. Source: ISO/IEC 11172-3 and 13818-3; id3.org for the tag before it.
enum MP3File {
    static func size(_ reader: inout ByteReader) throws(MediaFileError) -> MediaFile.Size {
        let bytes = reader.bytes
        var offset = 0
        if bytes.starts(with: "ID3".utf8) {
            guard bytes.count > 10 else { throw .cutOff }
            // Four times seven bits.
            offset = 10 + bytes[6..<10].reduce(0) { $0 << 7 | Int($1 & 0x7F) }
            guard offset < bytes.count else { throw .cutOff }
        }
        var seconds = 0.0
        var frames = 0
        while offset + 4 <= bytes.count {
            guard let frame = frame(bytes, at: offset) else {
                offset += 1
                continue
            }
            seconds += frame.seconds
            frames += 1
            offset += frame.bytes
        }
        guard frames > 0 else { throw MediaFileError(.damaged, "it has no MP3 frame") }
        return .recording(seconds: seconds)
    }

    static func isHeader(_ bytes: [UInt8], at offset: Int) -> Bool { frame(bytes, at: offset) != nil }

    /// Kilobits a second of layer III, by index from 1 to 14.
    private static let ratesOne = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    private static let ratesTwo = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

    /// Length in bytes and seconds of the frame that begins here; `nil` when none does. Layer III only.
    private static func frame(_ bytes: [UInt8], at offset: Int) -> (bytes: Int, seconds: Double)? {
        guard offset + 4 <= bytes.count, bytes[offset] == 0xFF, bytes[offset + 1] & 0xE6 == 0xE2 else { return nil }
        let version = Int(bytes[offset + 1] >> 3 & 3)
        let (rate, frequency) = (Int(bytes[offset + 2] >> 4), Int(bytes[offset + 2] >> 2 & 3))
        guard version != 1, (1...14).contains(rate), frequency < 3 else { return nil }
        let isOne = version == 3
        let hertz = [44_100, 48_000, 32_000][frequency] >> (isOne ? 0 : version == 2 ? 1 : 2)
        let bits = (isOne ? ratesOne : ratesTwo)[rate - 1] * 1_000
        let samples = isOne ? 1_152 : 576
        let length = samples / 8 * bits / hertz + Int(bytes[offset + 2] >> 1 & 1)
        return (length, Double(samples) / Double(hertz))
    }
}

/// WAV with plain samples. Source: IBM and Microsoft's "Multimedia Programming Interface and Data Specifications 1.0", and
/// Microsoft's WAVEFORMATEXTENSIBLE.
enum WAVFile {
    static func size(_ reader: inout ByteReader) throws(MediaFileError) -> MediaFile.Size {
        try reader.skip(12)
        var frames: (rate: Int, bytes: Int)?
        while true {
            let name = try reader.name(4)
            let length = try reader.littleEndian(4)
            if name == "data" {
                guard let frames else { throw MediaFileError(.damaged, "its samples come before their description") }
                // Whoever records in one go does not know the length, and says the largest.
                guard length <= reader.remaining else { throw .cutOff }
                return .recording(seconds: Double(length / frames.bytes) / Double(frames.rate))
            }
            var content = reader
            try reader.skip(length + length % 2)
            if name == "fmt " { frames = try format(&content, length: length) }
        }
    }

    private static func format(
        _ reader: inout ByteReader, length: Int
    ) throws(MediaFileError) -> (rate: Int, bytes: Int) {
        guard length >= 16 else { throw .cutOff }
        var kind = try reader.littleEndian(2)
        let channels = try reader.littleEndian(2)
        let rate = try reader.littleEndian(4)
        try reader.skip(4)
        let bytes = try reader.littleEndian(2)
        let bits = try reader.littleEndian(2)
        if kind == 0xFFFE, length >= 40 {
            try reader.skip(8)
            kind = try reader.littleEndian(2)
        }
        // Whole numbers, floating point, A-law and µ-law.
        guard [1, 3, 6, 7].contains(kind) else {
            throw MediaFileError(.unsupported, "its samples are compressed (kind \(kind)), which is not read here")
        }
        guard (1...32).contains(channels), [8, 16, 24, 32, 64].contains(bits), bytes == channels * bits / 8,
            (1_000...768_000).contains(rate)
        else { throw MediaFileError(.damaged, "it describes samples that cannot be") }
        return (rate, bytes)
    }
}

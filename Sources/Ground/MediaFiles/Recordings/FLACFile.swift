/// FLAC. Source: RFC 9639, sections 8.1 and 8.2.
enum FLACFile {
    static func size(_ reader: inout ByteReader) throws(MediaFileError) -> MediaFile.Size {
        try reader.skip(4)
        guard try reader.byte() & 0x7F == 0, try reader.bigEndian(3) == 34 else {
            throw MediaFileError(.damaged, "a FLAC file begins with its description, and this one does not")
        }
        try reader.skip(10)
        let rateChannelsBits = try reader.bigEndian(4)
        let low = try reader.bigEndian(4)
        let rate = rateChannelsBits >> 12
        let samples = (rateChannelsBits & 15) << 32 | low
        guard (1_000...768_000).contains(rate) else {
            throw MediaFileError(.damaged, "it says it has \(rate) samples a second")
        }
        guard samples > 0 else {
            throw MediaFileError(.unsupported, "it does not say how long it is; write it again as a whole file")
        }
        try reader.skip(16)
        guard reader.remaining > 0 else { throw .cutOff }
        return .recording(seconds: Double(samples) / Double(rate))
    }
}

/// PNG. Source: W3C "Portable Network Graphics (PNG) Specification", third edition.
enum PNGFile {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func size(_ reader: inout ByteReader, _ limits: MediaLimits) throws(MediaFileError) -> MediaFile.Size {
        try reader.skip(signature.count)
        guard try reader.bigEndian(4) == 13, try reader.name(4) == "IHDR" else {
            throw MediaFileError(.damaged, "a PNG file begins with IHDR, and this one does not")
        }
        let (width, height) = (try reader.bigEndian(4), try reader.bigEndian(4))
        let depth = Int(try reader.byte())
        let color = try reader.byte()
        let size = MediaFile.Size.image(width: width, height: height)
        try limits.check(size)
        let samples: Int? =
            switch color {
            case 0, 3: 1
            case 4: 2
            case 2: 3
            case 6: 4
            default: nil
            }
        guard let samples, [1, 2, 4, 8, 16].contains(depth) else {
            throw MediaFileError(.damaged, "it has colours that no PNG file has")
        }
        // Compression, filter, interlace, and the checksum.
        try reader.skip(3 + 4)
        // A byte for the filter of each row; interlaced images have up to seven times as many rows.
        let rows = 8 * (height + 8)
        let pixelBytes = (width * samples * depth / 8 + 8) * height + rows
        try checkData(&reader, bytesMax: pixelBytes)
        return size
    }

    /// Walks through the chunks up to the end, and sees that the pixels are not far more than the header says: a decoder
    /// takes memory for whatever comes out.
    private static func checkData(_ reader: inout ByteReader, bytesMax: Int) throws(MediaFileError) {
        var pieces: [Range<Int>] = []
        while true {
            let length = try reader.bigEndian(4)
            let name = try reader.name(4)
            let start = reader.offset
            try reader.skip(length)
            try reader.skip(4)
            if name == "IDAT" { pieces.append(start..<start + length) }
            if name == "IEND" { break }
        }
        let compressed = pieces.reduce(0) { $0 + $1.count }
        guard compressed > 0 else { throw MediaFileError(.damaged, "it has no pixels") }
        // Deflate makes at most 1,032 bytes of one.
        guard compressed > bytesMax / 1_032 else { return }
        var data: [UInt8] = []
        data.reserveCapacity(compressed)
        for piece in pieces { data += reader.bytes[piece] }
        guard try DeflateLength.ofZlib(data, max: bytesMax) <= bytesMax else {
            throw MediaFileError(.damaged, "it has far more pixels than it says")
        }
    }
}

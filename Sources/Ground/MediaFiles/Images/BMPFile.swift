/// BMP without compression. Source: Microsoft's "Bitmap Storage".
enum BMPFile {
    static func size(_ reader: inout ByteReader) throws(MediaFileError) -> MediaFile.Size {
        try reader.skip(2 + 4 + 4)
        let pixels = try reader.littleEndian(4)
        let header = try reader.littleEndian(4)
        let width: Int
        let height: Int
        switch header {
        case 12: (width, height) = (try reader.littleEndian(2), try reader.littleEndian(2))
        case 40, 56, 108, 124:
            width = Int(Int32(truncatingIfNeeded: try reader.littleEndian(4)))
            // Rows may be told from the top, with a minus.
            height = abs(Int(Int32(truncatingIfNeeded: try reader.littleEndian(4))))
        default: throw MediaFileError(.unsupported, "it is a BMP file of an unknown version")
        }
        _ = try reader.littleEndian(2)
        let bits = try reader.littleEndian(2)
        guard [1, 4, 8, 16, 24, 32].contains(bits) else {
            throw MediaFileError(.damaged, "it has \(bits) bits for a pixel")
        }
        if header > 12, ![0, 3].contains(try reader.littleEndian(4)) {
            throw MediaFileError(.unsupported, "it is a compressed BMP file, which is not read here")
        }
        if width > 0, width <= 1 << 24, height <= 1 << 24 {
            let row = (width * bits + 31) / 32 * 4
            guard pixels <= reader.bytes.count, row * height <= reader.bytes.count - pixels else { throw .cutOff }
        }
        return .image(width: width, height: height)
    }
}

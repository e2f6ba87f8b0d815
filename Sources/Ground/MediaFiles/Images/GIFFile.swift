/// GIF, of which the first image counts. Source: CompuServe's "Graphics Interchange Format", version 89a.
enum GIFFile {
    static func size(_ reader: inout ByteReader) throws(MediaFileError) -> MediaFile.Size {
        try reader.skip(6)
        let (width, height) = (try reader.littleEndian(2), try reader.littleEndian(2))
        let flags = try reader.byte()
        try reader.skip(2)
        if flags & 0x80 != 0 { try reader.skip(3 << (Int(flags & 7) + 1)) }
        while true {
            switch try reader.byte() {
            case 0x21:
                _ = try reader.byte()
                try skipBlocks(&reader)
            case 0x2C:
                try reader.skip(8)
                let flags = try reader.byte()
                if flags & 0x80 != 0 { try reader.skip(3 << (Int(flags & 7) + 1)) }
                _ = try reader.byte()
                try skipBlocks(&reader)
                return .image(width: width, height: height)
            default: throw MediaFileError(.damaged, "it has no image")
            }
        }
    }

    private static func skipBlocks(_ reader: inout ByteReader) throws(MediaFileError) {
        while case let count = Int(try reader.byte()), count > 0 { try reader.skip(count) }
    }
}

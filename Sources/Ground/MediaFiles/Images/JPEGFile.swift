/// JPEG. Source: ITU-T T.81, annex B; walked through exactly as stb_image does, so that both see the same size.
enum JPEGFile {
    static func size(_ reader: inout ByteReader) throws(MediaFileError) -> MediaFile.Size {
        try reader.skip(2)
        while true {
            switch try marker(&reader) {
            // Frames that stb_image decodes: baseline, extended and progressive.
            case 0xC0, 0xC1, 0xC2:
                _ = try reader.bigEndian(2)
                _ = try reader.byte()
                let (height, width) = (try reader.bigEndian(2), try reader.bigEndian(2))
                try checkEnd(reader)
                return .image(width: width, height: height)
            // Tables, comments, and what applications put in.
            case 0xC4, 0xDB, 0xDD, 0xE0...0xEF, 0xFE:
                let length = try reader.bigEndian(2)
                guard length >= 2 else { throw MediaFileError(.damaged, "it has a segment of no length") }
                try reader.skip(length - 2)
            case let other:
                throw MediaFileError(
                    .unsupported, "it has a segment of kind \(other), which is not read here; save it as usual JPEG")
            }
        }
    }

    /// Bytes before a marker are padding, and so are its own first bytes.
    private static func marker(_ reader: inout ByteReader) throws(MediaFileError) -> UInt8 {
        while try reader.byte() != 0xFF {}
        var kind = try reader.byte()
        while kind == 0xFF { kind = try reader.byte() }
        return kind
    }

    /// Pixels end with a marker that cannot stand among them.
    private static func checkEnd(_ reader: ByteReader) throws(MediaFileError) {
        let bytes = reader.bytes
        var index = bytes.count - 1
        while index > reader.offset {
            if bytes[index] == 0xD9, bytes[index - 1] == 0xFF { return }
            index -= 1
        }
        throw .cutOff
    }
}

/// What a file is and how large it will be when it is decoded.
public struct MediaFile: Sendable, Equatable {
    public enum Format: String, Sendable, CaseIterable {
        case png = "PNG"
        case jpeg = "JPEG"
        case gif = "GIF"
        case bmp = "BMP"
        case wav = "WAV"
        case mp3 = "MP3"
        case flac = "FLAC"

        public var isImage: Bool {
            switch self {
            case .png, .jpeg, .gif, .bmp: true
            case .wav, .mp3, .flac: false
            }
        }
    }

    public enum Size: Sendable, Equatable {
        /// In pixels, each at least 1.
        case image(width: Int, height: Int)
        /// In seconds, more than 0.
        case recording(seconds: Double)
    }

    public let format: Format
    public let size: Size

    /// Looks at a file.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - limits: what is let through.
    /// - Throws: `MediaFileError` when it is of no known kind, cut off, damaged, or beyond a limit.
    public init(_ bytes: [UInt8], limits: MediaLimits = MediaLimits()) throws(MediaFileError) {
        guard bytes.count <= limits.bytesMax else {
            throw MediaFileError(
                .tooLarge, "it has \(bytes.count) bytes, at most \(limits.bytesMax) are allowed")
        }
        var reader = ByteReader(bytes)
        format = try Self.format(of: bytes)
        switch format {
        case .png: size = try PNGFile.size(&reader, limits)
        case .jpeg: size = try JPEGFile.size(&reader)
        case .gif: size = try GIFFile.size(&reader)
        case .bmp: size = try BMPFile.size(&reader)
        case .wav: size = try WAVFile.size(&reader)
        case .mp3: size = try MP3File.size(&reader)
        case .flac: size = try FLACFile.size(&reader)
        }
        try limits.check(size)
    }

    /// The kind of a file by its first bytes, as the decoders tell it.
    private static func format(of bytes: [UInt8]) throws(MediaFileError) -> Format {
        func begins(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
        if bytes.starts(with: PNGFile.signature) { return .png }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if begins("GIF87a") || begins("GIF89a") { return .gif }
        if begins("BM") { return .bmp }
        if begins("RIFF"), begins("WAVE", at: 8) { return .wav }
        if begins("fLaC") { return .flac }
        if begins("ID3") || MP3File.isHeader(bytes, at: 0) { return .mp3 }
        if begins("RIFF"), begins("WEBP", at: 8) {
            throw MediaFileError(.unsupported, "it is a WebP file, which is not read here; PNG, JPEG, GIF and BMP are")
        }
        if begins("ftyp", at: 4) {
            throw MediaFileError(.unsupported, "it is an MP4, HEIC or AVIF file, which is not read here")
        }
        throw MediaFileError(
            .unknown, "its first bytes are those of no PNG, JPEG, GIF, BMP, WAV, MP3 or FLAC file")
    }
}

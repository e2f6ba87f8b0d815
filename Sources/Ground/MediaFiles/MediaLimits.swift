/// How large files may be, before and after they are decoded.
public struct MediaLimits: Sendable, Equatable {
    /// Of the file.
    public var bytesMax: Int
    /// Width times height. Decoding takes three bytes for each, and three copies for a moment.
    public var pixelsMax: Int
    /// Of a recording.
    public var secondsMax: Double

    /// Chosen: an image of 32 megapixels, which is more than any model looks at; ten minutes of speech.
    public init(bytesMax: Int = 48 << 20, pixelsMax: Int = 32_000_000, secondsMax: Double = 600) {
        self.bytesMax = bytesMax
        self.pixelsMax = pixelsMax
        self.secondsMax = secondsMax
    }

    /// Recordings shorter than this say nothing, and some decoders take them badly.
    public static let secondsMin = 0.05

    func check(_ size: MediaFile.Size) throws(MediaFileError) {
        switch size {
        case .image(let width, let height):
            guard width > 0, height > 0 else {
                throw MediaFileError(.damaged, "it says it has \(width) × \(height) pixels")
            }
            let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
            guard !overflow, pixels <= pixelsMax else {
                throw MediaFileError(
                    .tooLarge,
                    "it has \(width) × \(height) pixels, at most \(pixelsMax / 1_000_000) million are allowed")
            }
        case .recording(let seconds):
            guard seconds >= Self.secondsMin else {
                throw MediaFileError(.damaged, "it is shorter than \(Self.secondsMin) seconds")
            }
            guard seconds <= secondsMax else {
                throw MediaFileError(
                    .tooLarge,
                    "it is \(Int(min(seconds, 1e9))) seconds long, at most \(Int(secondsMax)) are allowed")
            }
        }
    }
}

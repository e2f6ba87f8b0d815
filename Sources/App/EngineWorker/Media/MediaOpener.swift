import Foundation
import MediaFiles
import Vocabulary

/// A file whose header was looked at.
struct OpenedMedia: Sendable {
    let bytes: [UInt8]
    let file: MediaFile

    /// Samples of a recording at most, whatever its header says: ten minutes at the highest rate that projectors ask for.
    static let samplesMax = 48_000 * 600

    /// What decoding takes in memory for a moment.
    var decodedBytes: Int {
        switch file.size {
        // Three colours, three copies: the decoder's, the bitmap's, the preprocessor's.
        case .image(let width, let height): width * height * 9
        // Two copies of floating-point numbers.
        case .recording(let seconds): Int(seconds * 48_000) * 8
        }
    }
}

/// Finds the bytes of an image or a recording, and looks at them before anybody decodes them.
struct MediaOpener: Sendable {
    /// The folder that `file:` URLs name files in.
    let directory: String?
    var limits = MediaLimits()

    /// - Throws: `ServiceError` with the part's path.
    func open(_ part: MediaPart) throws(ServiceError) -> OpenedMedia {
        let bytes: [UInt8]
        switch part.source {
        case .bytes(let given): bytes = given
        case .url(let url): bytes = try read(url, part)
        }
        let file: MediaFile
        do throws(MediaFileError) {
            file = try MediaFile(bytes, limits: limits)
        } catch {
            throw ServiceError(
                .invalidValue, "'\(part.field)' cannot be used: \(error).",
                hint: error.code == .tooLarge
                    ? "Send a smaller one."
                    : "Send a whole PNG, JPEG, GIF or BMP image, or a WAV, MP3 or FLAC recording.",
                parameter: part.field)
        }
        guard file.format.isImage == (part.kind == .image) else {
            throw ServiceError(
                .invalidValue,
                "'\(part.field)' cannot be used: it is \(file.format.rawValue), which is no \(part.kind.noun).",
                hint: "Images go into 'image_url', recordings into 'input_audio'.", parameter: part.field)
        }
        return OpenedMedia(bytes: bytes, file: file)
    }

    private func read(_ url: String, _ part: MediaPart) throws(ServiceError) -> [UInt8] {
        guard url.lowercased().hasPrefix("file:") else {
            throw ServiceError(
                .unsupported,
                "'\(part.field)' is on another server, and this one fetches nothing: whoever may ask it could reach whatever it reaches.",
                hint: "Send the file itself as 'data:image/png;base64,…', or a file:// URL below --media-path.",
                parameter: part.field)
        }
        guard let directory else {
            throw ServiceError(
                .unsupported, "'\(part.field)' is a file: URL, and files are not read here.",
                hint: "Start the server with --media-path DIR, or send the file itself as 'data:…;base64,…'.",
                parameter: part.field)
        }
        guard let path = Self.path(url, below: directory) else { throw Self.missing(part) }
        return try bytes(path, part)
    }

    /// Where a `file:` URL points to; `nil` when that is outside of the folder, also by way of links.
    static func path(_ url: String, below directory: String) -> String? {
        guard let name = url.dropFirst("file:".count).removingPercentEncoding, !name.utf8.contains(0) else {
            return nil
        }
        // `file:///a.png`, `file://a.png` and `file:a.png` all name a file in the folder, as in llama-server.
        let relative = name.drop { $0 == "/" }
        let root = URL(fileURLWithPath: directory, isDirectory: true).resolvingSymlinksInPath().path
        let file = URL(fileURLWithPath: root, isDirectory: true).appending(path: String(relative))
            .standardizedFileURL.resolvingSymlinksInPath().path
        return file.hasPrefix(root == "/" ? root : root + "/") ? file : nil
    }

    private func bytes(_ path: String, _ part: MediaPart) throws(ServiceError) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw Self.missing(part) }
        defer { handle.closeFile() }
        do {
            // One more than is allowed tells a file that is too large.
            return Array(try handle.read(upToCount: limits.bytesMax + 1) ?? Data())
        } catch {
            throw Self.missing(part)
        }
    }

    /// The same for what is not there and for what may not be seen.
    private static func missing(_ part: MediaPart) -> ServiceError {
        ServiceError(
            .invalidValue, "'\(part.field)': there is no such file.",
            hint: "file:// URLs name files below the server's --media-path.", parameter: part.field)
    }
}

extension MediaPart.Kind {
    fileprivate var noun: String { self == .image ? "image" : "recording" }
}

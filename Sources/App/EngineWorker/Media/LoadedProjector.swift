import Digests
import GGUF
import Inference
import LlamaRuntime
import MediaFiles
import Telemetry
import Vocabulary

/// A projector file that was checked and loaded, and what opens the files of requests for it.
struct LoadedProjector: MediaReading {
    private let projector: LlamaProjector
    private let opener: MediaOpener
    /// What tells this projector, with its settings, from others.
    private let identity: [UInt8]
    private let room = MediaRoom()
    let modalities: Modalities

    /// `nil` where there is to be none.
    ///
    /// - Parameters:
    ///   - arguments: which file, and how.
    ///   - model: the loaded model that it is for.
    ///   - threads: how many compute it.
    ///   - flashAttention: as for the model.
    ///   - logger: is told of it.
    /// - Throws: `ServiceError` that names the file and says what is wrong with it.
    init?(
        _ arguments: MediaArguments, model: LlamaModel, threads: Int, flashAttention: FlashAttention, logger: Logger
    ) async throws(ServiceError) {
        guard let path = arguments.projectorPath else { return nil }
        try ProjectorFile.check(path)
        var options = LlamaProjector.Options()
        options.threads = threads
        options.usesGPU = arguments.usesGPU
        options.imageTokensMin = arguments.imageTokensMin
        options.imageTokensMax = arguments.imageTokensMax
        options.flashAttention = flashAttention
        do {
            projector = try LlamaProjector(path: path, model: model, options: options)
        } catch {
            throw ServiceError(
                .invalidValue, "The projector \(path) cannot be used with this model.",
                hint: "Take the file that was made for it; libmtmd's messages are in the log.", detail: error.message)
        }
        modalities = Modalities(image: projector.readsImages, audio: projector.readsAudio)
        opener = MediaOpener(directory: arguments.directory)
        let hash = await FileHash(path: path, logger: logger).value()
        guard !hash.isEmpty else {
            throw ServiceError(
                .invalidValue, "The projector \(path) was changed while it was read.", hint: "Start again.")
        }
        let settings = [arguments.imageTokensMin, arguments.imageTokensMax].map { $0.map(String.init) ?? "-" }
        identity =
            SHA256.digest(
                of: Array("projector \(hash) \(settings.joined(separator: " ")) \(LlamaBuild.version)".utf8)
            ).bytes
        logger.info(
            "projector loaded",
            [
                "file": .string(path), "images": .bool(modalities.image), "recordings": .bool(modalities.audio),
                "planes": .bool(projector.hasPlanes),
            ])
    }

    func pieces(of parts: [ContentPart], addsSpecial: Bool) throws(ServiceError) -> [PromptPiece] {
        var cut: [LlamaProjector.Part] = []
        // For what is being decoded; chunks have leases of their own.
        var leases: [MediaRoom.Lease] = []
        defer { withExtendedLifetime(leases) {} }
        for part in parts {
            switch part {
            case .text(let text): cut.append(.text(text))
            case .media(let media):
                let file = try opener.open(media)
                leases.append(try room.take(file.decodedBytes, for: media))
                cut.append(.media(try decode(file, media)))
            }
        }
        let chunks: [LlamaProjector.Chunk]
        do throws(LlamaError) {
            chunks = try projector.chunks(of: cut, addsSpecial: addsSpecial)
        } catch {
            throw ServiceError(
                .invalidValue, "The prompt's images and recordings cannot be read by this model: \(error.message).",
                parameter: parts.media.first?.field)
        }
        leases = []
        return try pieces(of: chunks, parts.media.first)
    }

    /// A chunk is known by the projector, its file, its size and the chunks before it: what a projector makes of an image may
    /// depend on its number.
    private func pieces(
        of chunks: [LlamaProjector.Chunk], _ first: MediaPart?
    ) throws(ServiceError) -> [PromptPiece] {
        var name = identity
        var pieces: [PromptPiece] = []
        for chunk in chunks {
            switch chunk {
            case .tokens(let tokens): pieces.append(.tokens(tokens))
            case .media(let chunk):
                let lease = try room.take(chunk.rows * ReadyChunk.bytesPerRow, for: first)
                name = SHA256.digest(of: name + Array("\(chunk.fileDigest) \(chunk.rows)".utf8)).bytes
                pieces.append(
                    .media(
                        MediaChunk(
                            identity: name, rows: chunk.rows, positions: min(max(1, chunk.positions), chunk.rows),
                            isCausal: chunk.isCausal, handle: ReadyChunk(chunk, lease))))
            }
        }
        return pieces
    }

    private func decode(_ file: OpenedMedia, _ part: MediaPart) throws(ServiceError) -> LlamaBitmap {
        do throws(LlamaError) {
            return try projector.decode(file.bytes, samplesMax: OpenedMedia.samplesMax)
        } catch {
            throw ServiceError(
                .invalidValue, "'\(part.field)' cannot be used: \(error.message).",
                hint: "Open it in a program that shows it, and save it again.", parameter: part.field)
        }
    }

    func encode(_ chunk: MediaChunk) throws(ServiceError) -> [Float] {
        guard let handle = chunk.handle as? ReadyChunk else {
            preconditionFailure("chunks come from this projector")
        }
        do throws(LlamaError) {
            return try projector.encode(handle.chunk)
        } catch {
            throw ServiceError(
                .engineFailed, "An image or a recording could not be encoded.", hint: "Send the request again.",
                detail: error.message)
        }
    }
}

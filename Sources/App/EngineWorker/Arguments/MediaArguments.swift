import Configuration

/// What reads images and recordings beside the model.
struct MediaArguments: Sendable, Equatable {
    /// The projector file; `nil` where the model reads text only.
    var projectorPath: String?
    /// Whether a GPU may compute the projector.
    var usesGPU: Bool
    /// Vectors of one image, where the model leaves it open; `nil` is as the projector says.
    var imageTokensMin: Int?
    var imageTokensMax: Int?
    /// The folder that `file:` URLs name files in; `nil` refuses them.
    var directory: String?

    init(_ parsed: ParsedCommand) throws {
        projectorPath = parsed.given(EngineOption.usesProjector) == false ? nil : parsed[EngineOption.projector]
        usesGPU = parsed.given(EngineOption.offloadsProjector) ?? true
        imageTokensMin = parsed[EngineOption.imageTokensMin]
        imageTokensMax = parsed[EngineOption.imageTokensMax]
        if let imageTokensMin, let imageTokensMax, imageTokensMin > imageTokensMax {
            throw UsageError(
                problem: "--image-min-tokens is \(imageTokensMin) and --image-max-tokens \(imageTokensMax).",
                hint: "The least cannot be more than the most.")
        }
        directory = parsed[EngineOption.mediaDirectory]
    }
}

extension EngineOption {
    static let projector = CommandOption<String>(
        "mmproj", also: ["-mm"], variable: "LLAMA_ARG_MMPROJ", .path("FILE"),
        "Projector (GGUF) that reads images or recordings for this model.")
    static let usesProjector = CommandOption<Bool>(
        "mmproj-auto", also: [], negations: ["--no-mmproj", "--no-mmproj-auto"], variable: "LLAMA_ARG_MMPROJ_AUTO",
        .flag,
        "Whether the projector is loaded (default: it is, where --mmproj names one).")
    static let offloadsProjector = CommandOption<Bool>(
        "mmproj-offload", also: [], negations: ["--no-mmproj-offload"], variable: "LLAMA_ARG_MMPROJ_OFFLOAD", .flag,
        "Whether a GPU may compute the projector (default: it may).")
    static let imageTokensMin = CommandOption<Int>(
        "image-min-tokens", also: [], variable: "LLAMA_ARG_IMAGE_MIN_TOKENS", .integer(in: 1...65_536),
        "Tokens of one image at least, for models that leave it open (default: as the projector says).")
    static let imageTokensMax = CommandOption<Int>(
        "image-max-tokens", also: [], variable: "LLAMA_ARG_IMAGE_MAX_TOKENS", .integer(in: 1...65_536),
        "Tokens of one image at most, for models that leave it open (default: as the projector says).")
    static let mediaDirectory = CommandOption<String>(
        "media-path", also: [], variable: "LLAMA_ARG_MEDIA_PATH", .path("DIR"),
        "Folder of the files that requests may name with file:// (default: none may be named).")

    static let mediaOptions = [
        projector.declared, usesProjector.declared, offloadsProjector.declared, imageTokensMin.declared,
        imageTokensMax.declared, mediaDirectory.declared,
    ].map { $0.listed(under: "Images and sound") }
}

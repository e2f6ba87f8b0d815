import Foundation

/// The model that comes with the source, to try things with.
enum StarterModel {
    static let name = "tiny-chat"
    static let note =
        "tiny-chat is a toy with 1.8 million parameters, to try things with: it knows greetings, capitals, small sums, "
        + "short stories and simple tool calls. Anything else gets nonsense. Serve a real model with --model FILE.gguf."

    /// `Models/tiny-chat.gguf` in the working directory or in a folder above the program.
    static func path(near program: String) -> String? {
        let relative = "Models/tiny-chat.gguf"
        var folder = URL(filePath: program).deletingLastPathComponent()
        var candidates = [URL(filePath: relative)]
        for _ in 0..<5 {
            candidates.append(folder.appending(path: relative))
            folder.deleteLastPathComponent()
        }
        return candidates.map(\.path).first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Whether a file is this model, by its name.
    static func isStarter(_ path: String) -> Bool { path.hasSuffix("/tiny-chat.gguf") || path == "tiny-chat.gguf" }
}

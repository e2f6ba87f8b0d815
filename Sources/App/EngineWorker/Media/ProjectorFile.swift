import GGUF
import Vocabulary

/// Checks a projector file before libmtmd believes it.
enum ProjectorFile {
    /// - Throws: `ServiceError` when it is damaged, or no projector.
    static func check(_ path: String) throws(ServiceError) {
        let file: GGUFFile
        do {
            file = try GGUFFile.read(from: try FileBytes(path: path))
        } catch {
            throw ServiceError(
                .invalidValue, "The projector \(path) cannot be used: \(error)",
                hint: "Check the path, or download the file again.")
        }
        guard file.metadata["general.architecture"] == .string("clip") else {
            throw ServiceError(
                .invalidValue, "\(path) is no projector: its architecture is not 'clip'.",
                hint: "Projectors are files of their own beside a model, often called mmproj-….gguf.")
        }
        let readers = ["vision", "audio"].filter { file.metadata["clip.has_\($0)_encoder"] == .bool(true) }
        guard !readers.isEmpty else {
            throw ServiceError(.invalidValue, "The projector \(path) reads neither images nor recordings.")
        }
        for reader in readers {
            for (key, range) in bounds {
                let name = "clip.\(reader).\(key)"
                guard let value = file.metadata[name]?.integer, range.contains(Int(clamping: value)) else {
                    throw ServiceError(
                        .invalidValue,
                        "The projector \(path) says \(file.metadata[name].map { "\($0)" } ?? "nothing") of '\(name)', where \(range.lowerBound) to \(range.upperBound) makes sense.",
                        hint: "Download the file again, or convert it anew.")
                }
            }
        }
    }

    /// What libmtmd divides by, or takes memory for, without looking.
    private static let bounds: [(key: String, range: ClosedRange<Int>)] = [
        ("embedding_length", 1...65_536), ("feed_forward_length", 0...1_048_576), ("block_count", 0...1_024),
        ("attention.head_count", 1...4_096), ("projection_dim", 0...1_048_576),
    ]
}

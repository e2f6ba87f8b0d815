import JSONText
import Jobs
import ModelFormats
import Synchronization
import Vocabulary

/// Converts checkpoints to GGUF files for jobs, on a thread of its own.
enum CheckpointWork {
    /// A `config.json` of some lines.
    private static let configBytesMax = 4 << 20

    /// Writes a checkpoint as one file, which is there whole or not at all.
    ///
    /// - Parameters:
    ///   - folder: of the checkpoint.
    ///   - path: of the new file.
    ///   - type: of its matrices; `nil` loses nothing of what the checkpoint says that it has.
    ///   - job: hears of progress; when its task is cancelled, the conversion ends and leaves nothing.
    /// - Throws: `ServiceError` in the words of the conversion; `CancellationError`.
    static func convert(
        _ folder: String, to path: String, as type: ConversionType? = nil, for job: JobContext
    ) async throws {
        let isStopped = StopOrder()
        try await withTaskCancellationHandler {
            try await BlockingWork.run {
                do {
                    let checkpoint = try FolderOnDisk(path: folder)
                    let conversion = try CheckpointConversion(checkpoint, as: try type ?? lossless(folder))
                    try conversion.write(toFile: path) { progress in
                        if isStopped.isGiven { throw CancellationError() }
                        job.report(
                            JobProgress(
                                done: Int64(clamping: progress.bytesDone), total: Int64(clamping: progress.bytesTotal),
                                unit: "bytes", stage: "converting"))
                    }
                } catch let error as ModelFormatError {
                    throw ServiceError(
                        .invalidValue, "The checkpoint cannot be converted: \(error).", parameter: "model")
                }
            }
        } onCancel: {
            isStopped.give()
        }
    }

    /// The type that the checkpoint says its numbers have; the one that holds them all where it says nothing.
    ///
    /// - Parameter path: of the checkpoint's folder.
    /// - Returns: the type to convert to.
    /// - Throws: when the folder cannot be read.
    static func lossless(_ path: String) throws -> ConversionType {
        let folder = try FolderOnDisk(path: path)
        guard let bytes = try folder.bytes(of: "config.json", max: configBytesMax) else { return .f32 }
        let config: JSONValue
        // The conversion itself tells what is wrong with it.
        do { config = try JSONValue.parse(bytes) } catch { return .f32 }
        switch config["dtype"]?.string ?? config["torch_dtype"]?.string {
        case "bfloat16": return .bf16
        case "float16": return .f16
        default: return .f32
        }
    }
}

/// Given once, by whoever cancels.
private final class StopOrder: Sendable {
    private let order = Atomic(false)
    var isGiven: Bool { order.load(ordering: .relaxed) }
    func give() { order.store(true, ordering: .relaxed) }
}

public import JSONText
public import Jobs
public import ModelHub
public import Vocabulary

/// A download as a job: its parameters, its progress and its result in JSON.
public enum DownloadJob {
    public static let name = "download"
    /// The parameter that says what: `owner/name:Q4_K_M`.
    public static let reference = "model"

    /// Refuses what names no repository, and writes references of the same meaning alike.
    ///
    /// - Throws: `ServiceError`.
    public static func check(_ parameters: JSONObject) throws -> JSONObject {
        [reference: .string(try reference(of: parameters).description)]
    }

    /// What is asked for.
    ///
    /// - Throws: `ServiceError` with the parameter's name.
    public static func reference(of parameters: JSONObject) throws(ServiceError) -> HubReference {
        guard let text = parameters[reference]?.string else {
            throw ServiceError(
                .invalidValue, "'\(reference)' must be a text such as owner/name:Q4_K_M.",
                hint: "Send {\"model\": \"owner/name:Q4_K_M\"}.", parameter: reference)
        }
        do {
            return try HubReference.parse(text)
        } catch {
            var told = error.serviceError
            told.parameter = reference
            throw told
        }
    }

    /// Progress as all jobs have it.
    public static func progress(_ progress: DownloadProgress) -> JobProgress {
        var stage = progress.stage.rawValue
        if let file = progress.file { stage += " \(file)" }
        return JobProgress(
            done: Int64(progress.bytes), total: progress.bytesTotal.map { Int64($0) }, unit: "bytes", stage: stage)
    }

    /// What became of it.
    public static func result(_ model: DownloadedModel) -> JSONValue {
        [
            "repository": .string(model.repository.description), "commit": .string(model.commit),
            "format": .string(model.kind.rawValue),
            "quantisation": model.quantisation.map { .string($0) } ?? .null, "path": .string(model.primaryPath),
            "projector": model.projectorPath.map { .string($0) } ?? .null, "folder": .string(model.folder),
            "files": .array(
                model.files.map { file in
                    [
                        "path": .string(file.path), "bytes": .whole(file.size),
                        "checksum": .string("\(file.checksum.algorithm):\(file.checksum.hexadecimal)"),
                        "is_verified": .bool(file.isVerified),
                    ]
                }),
        ]
    }
}

extension DownloadProgress {
    /// The finer progress of a running download.
    var json: JSONValue {
        [
            "stage": .string(stage.rawValue), "bytes": .whole(bytes),
            "bytes_total": bytesTotal.map { .whole($0) } ?? .null, "files": .whole(files),
            "files_total": .whole(filesTotal), "file": file.map { .string($0) } ?? .null,
            "bytes_per_second": bytesPerSecond.map { .whole($0) } ?? .null,
            "seconds_left": secondsLeft.map { .whole($0) } ?? .null, "note": note.map { .string($0) } ?? .null,
        ]
    }
}

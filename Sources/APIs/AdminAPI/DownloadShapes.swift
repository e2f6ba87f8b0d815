import HTTPServing
import JSONText

/// JSON Schemas of what the routes of downloads and the hub answer with.
enum DownloadShapes {
    private static let text = ModelShapes.text
    private static let natural = ModelShapes.natural
    private static let naturalOrNull: JSONValue = ["type": ["integer", "null"], "minimum": 0]

    /// The finer progress of one that is running.
    private static let progress = ModelShapes.orNull(
        ModelShapes.object([
            "stage": text, "bytes": natural, "bytes_total": naturalOrNull, "files": natural, "files_total": natural,
            "file": ModelShapes.textOrNull, "bytes_per_second": naturalOrNull, "seconds_left": naturalOrNull,
            "note": ModelShapes.textOrNull,
        ]))

    private static func download(_ job: JSONValue) -> JSONValue {
        var members = job["properties"]?.object ?? JSONObject()
        members["model"] = text
        members["download"] = progress
        return ModelShapes.object(members)
    }

    static let one = download(JobShapes.job)
    /// With the lines of its log.
    static let whole = download(JobShapes.wholeJob)
    static let list = ModelShapes.object(["downloads": ModelShapes.list(of: one)])

    static let hub = ModelShapes.object([
        "url": text, "has_token": ModelShapes.truth, "connections": natural, "bytes_per_second_max": naturalOrNull,
    ])

    static let files = ModelShapes.object([
        "repository": text, "commit": text,
        "chosen": [
            "type": ["array", "null"], "items": text,
            "description": "The paths that would be downloaded; null where several models could be meant.",
        ],
        "files": ModelShapes.list(
            of: ModelShapes.object(["path": text, "bytes": naturalOrNull, "checksum": ModelShapes.textOrNull])),
    ])
}

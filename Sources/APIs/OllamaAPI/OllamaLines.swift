import HTTPServing
import JSONText
import OpenAIAPI
import Vocabulary

/// Streams of JSON objects, one in each line.
enum OllamaLines {
    static func response(_ produce: @escaping @Sendable (BodyWriter) async throws -> Void) -> HTTPResponse {
        HTTPResponse(
            headers: [
                "Content-Type": "application/x-ndjson", "Cache-Control": "no-cache", "X-Accel-Buffering": "no",
            ], body: .stream(keepAlive: nil, produce))
    }

    static func write(_ object: JSONObject, to writer: BodyWriter) async throws {
        try await writer.write(JSONValue.object(object).bytes + [UInt8(ascii: "\n")])
    }

    /// The line that ends a stream which has failed.
    static func write(_ error: any Error, to writer: BodyWriter) async throws {
        let known =
            error as? ServiceError
            ?? ServiceError(.internalError, "Something went wrong on the server.", hint: "The log tells what.")
        try await writer.write(OllamaErrors.body(known).bytes + [UInt8(ascii: "\n")])
    }
}

extension OllamaEncoder {
    /// Writes an answer to its end.
    ///
    /// - Throws: `CancellationError` when the client is gone. Every other failure is written.
    mutating func write(_ stream: any GenerationStream, to writer: BodyWriter) async throws {
        do {
            var isFinished = false
            for try await event in stream {
                for object in try objects(for: event) { try await OllamaLines.write(object, to: writer) }
                if case .finished = event { isFinished = true }
            }
            guard isFinished else { throw ServiceError.brokeOff }
        } catch let error where !(error is CancellationError) {
            try await OllamaLines.write(error, to: writer)
        }
    }

    /// Reads an answer to its end.
    mutating func collected(_ stream: any GenerationStream) async throws -> [JSONObject] {
        var all: [JSONObject] = []
        var isFinished = false
        for try await event in stream {
            all += try objects(for: event)
            if case .finished = event { isFinished = true }
        }
        guard isFinished else { throw ServiceError.brokeOff }
        return all
    }
}

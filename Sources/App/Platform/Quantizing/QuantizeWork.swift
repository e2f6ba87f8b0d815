import Foundation
import GGUF
import JSONText
import Jobs
import ModelCatalog
import Vocabulary

/// Quantises a model as a job: converts a checkpoint, collects importances, quantises, puts the result into the catalogue and
/// compares it with its source, as far as each is wanted. After a crash it goes on with the step that was not finished.
struct QuantizeWork: Sendable {
    let tool: EngineTool
    let made: MadeModels

    /// What the job keeps of its steps.
    private enum Saved {
        /// From here on a file at the output's place is the job's own.
        static let isWriting = "writing"
        /// The result of quantising.
        static let result = "made"
    }

    func run(_ job: JobContext) async throws -> JSONValue {
        let order = try QuantizeOrder(stored: job.parameters)
        let source = try await file(of: order, job)
        var result = try await quantized(order, source, job)
        let name = try await made.register(order.output, as: order.name, from: order.source.origin, how: order.how)
        result["model"] = .string(name.description)
        result["source"] = order.source.json
        if let text = order.report {
            do {
                result["report"] = .object(try await report(order, text, source, job))
            } catch let error as ServiceError {
                // The model is made all the same.
                job.log("the report failed: \(error.message)")
                result["report_error"] = .string([error.message, error.hint].compactMap(\.self).joined(separator: " "))
            }
        }
        try made.removeWorkFolder(of: job.id)
        return .object(result)
    }

    /// Removes what a job has left that was cancelled or has failed. A model that is whole stays.
    func discard(_ record: JobRecord) {
        do {
            MadeModels.removeUnfinished(try QuantizeOrder(stored: record.parameters).output + ".partial")
            try made.removeWorkFolder(of: record.id)
        } catch {
            // What cannot be removed is in the work folder, where nobody takes it for a model.
            return
        }
    }

    // MARK: Steps

    /// The GGUF file to read: the source itself, or a checkpoint's conversion.
    private func file(of order: QuantizeOrder, _ job: JobContext) async throws -> String {
        guard order.source.kind == .checkpoint else { return order.source.path }
        let path = try made.makeWorkFolder(of: job.id) + "/converted.gguf"
        // It is there whole or not at all.
        if !FileManager.default.fileExists(atPath: path) {
            try await CheckpointWork.convert(order.source.path, to: path, for: job)
            job.log("converted the checkpoint")
        }
        return path
    }

    private func importance(_ order: QuantizeOrder, _ source: String, _ job: JobContext) async throws -> String? {
        guard let text = order.calibrate else { return order.imatrix }
        let path = try made.makeWorkFolder(of: job.id) + "/importance.gguf"
        guard !FileManager.default.fileExists(atPath: path) else { return path }
        let options = MeasureOrder.Options(threads: order.threads, chunks: order.chunks)
        let found = try await tool.run(["imatrix", source, text, path] + options.arguments, for: job)
        job.log("collected importances on \(found["chunks"]?.integer ?? 0) pieces of the text")
        return path
    }

    private func quantized(_ order: QuantizeOrder, _ source: String, _ job: JobContext) async throws -> JSONObject {
        let isThere = FileManager.default.fileExists(atPath: order.output)
        if isThere, let result = job.checkpoint?[Saved.result]?.object { return result }
        if isThere, job.checkpoint?[Saved.isWriting]?.bool == true {
            // It was finished, and the platform ended before it could say so.
            var result = try await MadeModels.size(of: order.output)
            result["type"] = .string(order.type.label)
            return result
        }
        let matrix = try await importance(order, source, job)
        try made.makeFolder(for: order.output)
        if !isThere { try await job.save([Saved.isWriting: true]) }
        var result = try await tool.run(order.arguments(from: source, imatrix: matrix), for: job)
        result["importance_matrix"] = (order.imatrix ?? order.calibrate).map { .string($0) } ?? .null
        try await job.save([Saved.isWriting: true, Saved.result: .object(result)])
        job.log("quantised to \(order.type): \(result["bytes"]?.integer ?? 0) bytes")
        return result
    }

    private func report(
        _ order: QuantizeOrder, _ text: String, _ source: String, _ job: JobContext
    ) async throws -> JSONObject {
        let options = MeasureOrder.Options(threads: order.threads, chunks: order.chunks)
        return try await tool.run(
            ["measure", order.output, text, "--base", source] + options.arguments, for: job)
    }
}

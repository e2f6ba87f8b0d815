import Configuration
import Foundation
import JSONText
import Launch
import ModelFormats
import Synchronization

/// `nexus models convert`: a checkpoint's folder becomes a GGUF file. Local work, which needs no platform.
enum ConvertCommand {
    private static let type = CommandOption<ConversionType>(
        "type", short: "t", .choice, "What matrices are written in: f16 (default), bf16 or f32.")
    private static let name = CommandOption<String>(
        "name", short: "n", .text("NAME", bytesMax: 256), "The model's name in the file (default: the folder's).")
    private static let force = CommandOption<Bool>("force", .flag, "Replace a file that is there already.")
    private static let json = CommandOption<Bool>("json", .flag, "Print what was written as JSON.")

    static let command = Command(
        "models convert",
        "Turn a checkpoint's folder (config.json, model.safetensors, tokenizer) into a GGUF file.",
        operands: [
            Operand("folder", .one, "The checkpoint: of the LLaMA, Mistral, Qwen 2, Qwen 3 or BERT family."),
            Operand("file", .one, "The GGUF file to write."),
        ],
        options: [type.declared, name.declared, force.declared, json.declared], takesConfiguration: false,
        listsSettings: false)

    static func run(_ parsed: ParsedCommand) async throws {
        let order = Order(
            folder: parsed.operands[0], file: parsed.operands[1], type: parsed[type] ?? .f16, name: parsed[name],
            replaces: parsed[force])
        let isStopped = StopFlag()
        let signals = TerminationSignals()
        let watch = Task {
            _ = await signals.wait()
            isStopped.set()
        }
        defer { watch.cancel() }
        let done = try await onThread { try order.carryOut(isStopped) }
        guard parsed[json] else {
            StandardStream.output.write(done.sentence + "\n")
            return
        }
        let answer: JSONObject = [
            "file": .string(order.file), "type": .string(order.type.rawValue),
            "architecture": .string(done.architecture), "parameters": .integer(Int64(clamping: done.parameterCount)),
            "size_bytes": .integer(Int64(clamping: done.byteCount)), "seconds": .number(done.seconds),
        ]
        StandardStream.output.write(JSONValue.object(answer).prettyText + "\n")
    }

    /// Reading and writing block, so they get a thread of their own.
    private static func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result(catching: work)) }.start()
        }
    }
}

/// What to convert into what.
private struct Order: Sendable {
    let folder: String
    let file: String
    let type: ConversionType
    let name: String?
    let replaces: Bool

    /// What became of it.
    struct Outcome: Sendable {
        let architecture: String
        let parameterCount: UInt64
        let byteCount: UInt64
        let seconds: Double
        let sentence: String
    }

    func carryOut(_ isStopped: StopFlag) throws -> Outcome {
        let clock = ContinuousClock()
        let start = clock.now
        let conversion = try CheckpointConversion(FolderOnDisk(path: folder), as: type, named: name)
        var line = ProgressLine()
        var shown = start
        defer { line.end() }
        try conversion.write(toFile: file, replaces: replaces) { progress in
            if isStopped.isSet { throw CancellationError() }
            let now = clock.now
            guard now - shown > .milliseconds(100) || progress.bytesDone == progress.bytesTotal else { return }
            shown = now
            let rate = Self.megabytes(progress.bytesDone) / max((now - start) / .seconds(1), 1e-3)
            line.update(
                "converting", fraction: Double(progress.bytesDone) / Double(progress.bytesTotal),
                detail: "\(Int(rate)) MB/s")
        }
        let seconds = (clock.now - start) / .seconds(1)
        let size = Self.megabytes(conversion.byteCount)
        let sentence =
            "\(PlainText.safe(file)): \(conversion.architecture), \(conversion.parameterCount) parameters, \(type.rawValue), "
            + "\(Int(size.rounded())) MB in \(Int(seconds * 1000)) ms (\(Int(size / max(seconds, 1e-3))) MB/s)"
        return Outcome(
            architecture: conversion.architecture, parameterCount: conversion.parameterCount,
            byteCount: conversion.byteCount, seconds: seconds, sentence: sentence)
    }

    private static func megabytes(_ bytes: UInt64) -> Double { Double(bytes) / 1e6 }
}

/// Set once, by a signal.
private final class StopFlag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

import Foundation
import JSONText
import Launch
import ModelFormats
import Synchronization

/// What to convert into what.
struct ConversionOrder: Sendable {
    let folder: String
    let file: String
    let type: ConversionType
    /// In the file; the folder's when `nil`.
    let name: String?
    /// Whether a file that is there makes way.
    let replaces: Bool

    /// What became of it.
    struct Outcome: Sendable {
        let sentence: String
        let json: JSONObject
    }

    /// Converts, and shows how far it is. SIGINT and SIGTERM end it, and leave no file.
    func carryOut() async throws -> Outcome {
        let isStopped = StopFlag()
        let signals = TerminationSignals()
        let watch = Task {
            _ = await signals.wait()
            isStopped.set()
        }
        defer { watch.cancel() }
        return try await BlockingWork.run { try convert(isStopped) }
    }

    private func convert(_ isStopped: StopFlag) throws -> Outcome {
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
        return outcome(of: conversion, seconds: (clock.now - start) / .seconds(1))
    }

    private func outcome(of conversion: CheckpointConversion, seconds: Double) -> Outcome {
        let size = Self.megabytes(conversion.byteCount)
        let sentence =
            "\(PlainText.safe(file)): \(conversion.architecture), \(conversion.parameterCount) parameters, \(type.rawValue), "
            + "\(Int(size.rounded())) MB in \(Int(seconds * 1000)) ms (\(Int(size / max(seconds, 1e-3))) MB/s)"
        return Outcome(
            sentence: sentence,
            json: [
                "file": .string(file), "type": .string(type.rawValue),
                "architecture": .string(conversion.architecture),
                "parameters": .integer(Int64(clamping: conversion.parameterCount)),
                "size_bytes": .integer(Int64(clamping: conversion.byteCount)), "seconds": .number(seconds),
            ])
    }

    private static func megabytes(_ bytes: UInt64) -> Double { Double(bytes) / 1e6 }
}

/// Set once, by a signal.
private final class StopFlag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

import Foundation
import HTTPFetching
import Hosting
import JSONText
import Synchronization
import Vocabulary

/// Measures what processes take, and learns from those that are engines of ours.
struct WorkerMeter: Sendable {
    /// One process, measured.
    struct Reading: Sendable {
        var process: HostedProcess
        var use: MemoryUse
        /// The prediction for its command line; `nil` for other programs, and where no file can be read.
        var answer: MemoryAnswer?
    }

    let forecast: MemoryForecast
    let lessons: MemoryLessons
    let client: HTTPClient

    /// Measures all of them. One that ends meanwhile is left out.
    func look(at processes: [HostedProcess]) async -> [Reading] {
        var readings: [Reading] = []
        for process in processes {
            do {
                guard let use = try await Self.use(of: process.processID) else { continue }
                var reading = Reading(process: process, use: use)
                if let socket = process.engineSocket, let question = try await Self.question(of: process.processID) {
                    let (_, request, answer) = try await forecast.answer(question)
                    reading.answer = answer
                    if let report = await report(socket) { await lessons.learn(use, report, answer, request) }
                }
                readings.append(reading)
            } catch {
                continue  // It has just ended, or its file is gone.
            }
        }
        return readings
    }

    /// What a process takes; `nil` when it is gone or belongs to somebody else.
    private static func use(of process: Int32) async throws -> MemoryUse? {
        try await BlockingWork.run {
            guard let text = contents("/proc/\(process)/smaps_rollup") else { return nil }
            return MemoryUse(smapsRollup: String(decoding: text, as: UTF8.self))
        }
    }

    /// How a worker was started, by its command line.
    private static func question(of process: Int32) async throws -> MemoryQuestion? {
        try await BlockingWork.run {
            guard let text = contents("/proc/\(process)/cmdline") else { return nil }
            let words = text.split(separator: 0, omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
            return MemoryQuestion(engineArguments: Array(words.dropFirst()))
        }
    }

    private static func contents(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

    /// What an engine tells of itself; `nil` when it does not answer.
    private func report(_ socket: String) async -> EngineMemoryReport? {
        let request = FetchRequest(
            "http://engine/health", unixSocketPath: socket,
            timeouts: Timeouts(connect: .seconds(2), firstByte: .seconds(5), idle: .seconds(5), total: .seconds(5)))
        do {
            let bytes = try await client.fetch(request).body.collect(upTo: 64 << 10)
            let beat = try JSONValue.parse(bytes)["heartbeat"]
            guard let prefixes = beat?["prefix_bytes"]?.integer, let step = beat?["step_tokens_max"]?.integer,
                let cells = beat?["cells_used_max"]?.integer
            else { return nil }
            return EngineMemoryReport(
                prefixBytes: UInt64(clamping: prefixes), stepTokensMax: UInt64(clamping: step),
                cellsUsedMax: UInt64(clamping: cells))
        } catch {
            return nil
        }
    }
}

extension MemoryUse {
    /// Of two processes together.
    static func + (left: MemoryUse, right: MemoryUse) -> MemoryUse {
        MemoryUse(
            residentBytes: left.residentBytes + right.residentBytes,
            proportionalBytes: left.proportionalBytes + right.proportionalBytes,
            anonymousBytes: left.anonymousBytes + right.anonymousBytes,
            swappedBytes: left.swappedBytes + right.swappedBytes)
    }
}

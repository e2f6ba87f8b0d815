import Foundation
import HTTPFetching
import Hardware
import Hosting
import JSONText
import Processes
import Vocabulary

/// Measures how fast a model runs here: starts an engine with it, has it read a prompt and write an answer.
struct SpeedRun: Sendable {
    let launcher: ProcessLauncher
    let client: HTTPClient
    let environment: [String: String]
    /// Tokens of the prompts; each makes a run of its own, so that depth counts, too.
    var promptTokens = [128, 512]
    var generatedTokens = 48
    var repeats = 3
    /// From start to end, loading included.
    var patience = Duration.seconds(300)

    /// - Parameters:
    ///   - name: of the model.
    ///   - path: its file.
    ///   - engine: how it is started.
    ///   - build: what the engine says it is.
    ///   - threads: that compute.
    /// - Returns: one run for each length of prompt that fits the model's context.
    /// - Throws: `ServiceError` when the model writes no text, or the engine does not start or answer.
    func measure(
        _ name: String, path: String, engine: EngineLaunch, build: String, threads: Int
    ) async throws -> [SpeedMeasurement] {
        let facts: ModelFileFacts
        do { facts = try ModelFileFacts(path: path) } catch {
            throw ServiceError(
                .invalidValue, "The file of '\(name)' cannot be read: \(error).",
                hint: "Only GGUF files can be measured.")
        }
        guard facts.shape.writesText else {
            throw ServiceError(
                .notSupported, "'\(name)' writes no text: only models that do are measured.",
                hint: "Measure a model that writes.")
        }
        let trained = facts.shape.trainedContext > 0 ? Int(clamping: facts.shape.trainedContext) : 2_048
        let prompts = promptTokens.filter { $0 + generatedTokens + 8 <= trained }
        guard let longest = prompts.max() else {
            throw ServiceError(.notSupported, "The context of '\(name)' (\(trained) tokens) is too short to measure.")
        }
        let folder = try SocketDirectory()
        defer { folder.remove() }
        let socket = folder.next()
        let process = try await launcher.start(
            ProcessCommand(
                engine.program,
                [
                    "--model", path, "--socket", socket, "--parallel", "1", "--ctx-size",
                    String(longest + generatedTokens + 64), "--threads", String(threads), "--cache-ram", "0",
                    "--log-format", "json", "--log-level", "warning",
                ], environment: environment.merging(engine.environment) { $1 }, coreMax: 0))
        let clock = Task { [patience] in
            do { try await Task.sleep(for: patience) } catch { return }
            process.signal(.kill)
        }
        defer {
            clock.cancel()
            process.signal(.kill)
        }
        try await waitUntilReady(process, name)
        // What comes first pays for pages that nobody touched yet.
        _ = try await ask(socket, prompt: 16, generated: 4)
        var runs: [SpeedMeasurement] = []
        for prompt in prompts {
            // Other programs can only make it slower: of several the quickest is what the machine can do.
            var times = try await ask(socket, prompt: prompt, generated: generatedTokens)
            for _ in 1..<repeats {
                let next = try await ask(socket, prompt: prompt, generated: generatedTokens)
                times.promptSpeed = max(times.promptSpeed, next.promptSpeed)
                times.generationSpeed = max(times.generationSpeed, next.generationSpeed)
            }
            let run = SpeedMeasurement(
                model: name, cost: facts.cost, promptTokens: times.promptTokens, promptSpeed: times.promptSpeed,
                generatedTokens: times.generatedTokens, generationSpeed: times.generationSpeed, threads: threads,
                engine: build)
            guard run.isSound else {
                throw ServiceError(.engineFailed, "The engine told no sound times for '\(name)'.")
            }
            runs.append(run)
        }
        await process.terminate(grace: .seconds(5))
        return runs
    }

    private func waitUntilReady(_ process: ChildProcess, _ name: String) async throws {
        var last = ""
        for await line in process.output {
            if line.stream == .output, line.text.contains("\"event\":\"ready\"") { return }
            if !line.text.isEmpty { last = line.text }
        }
        throw ServiceError(
            .modelUnavailable, "The engine could not load '\(name)', or not in time.",
            hint: "nexus engine --model … shows why.", detail: String(last.prefix(1_000)))
    }

    private struct Times {
        var promptTokens: Int
        var promptSpeed: Double
        var generatedTokens: Int
        var generationSpeed: Double
    }

    /// One completion of a prompt of so many tokens, given as numbers: any will do.
    private func ask(_ socket: String, prompt: Int, generated: Int) async throws -> Times {
        // Low numbers are often control tokens; these are letters and words in every vocabulary of some size.
        let tokens = (0..<prompt).map { JSONValue.whole(100 + ($0 * 37) % 150) }
        let body: JSONValue = [
            "prompt": .array(tokens), "n_predict": .whole(generated), "ignore_eos": true, "cache_prompt": false,
            "temperature": 0,
        ]
        let response = try await client.fetch(
            FetchRequest(
                "http://engine/completion", method: "POST", headers: ["Content-Type": "application/json"],
                body: .bytes(body.bytes), unixSocketPath: socket,
                timeouts: Timeouts(connect: .seconds(5), firstByte: nil, idle: nil, total: patience)))
        let answer = try JSONValue.parse(try await response.body.collect(upTo: 4 << 20))
        guard response.status == 200, let times = answer["timings"],
            let promptSpeed = times["prompt_per_second"]?.double, let speed = times["predicted_per_second"]?.double,
            let read = times["prompt_n"]?.integer, let written = times["predicted_n"]?.integer
        else {
            throw ServiceError(
                .engineFailed, "The engine did not answer a measurement (status \(response.status)).",
                detail: String(answer.text.prefix(1_000)))
        }
        return Times(
            promptTokens: Int(clamping: read), promptSpeed: promptSpeed, generatedTokens: Int(clamping: written),
            generationSpeed: speed)
    }
}

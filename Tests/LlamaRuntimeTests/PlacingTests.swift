import Foundation

import GGUF
import Synchronization
import TestModels
import Testing

@testable import LlamaRuntime

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

@Suite(.serialized) struct PlacingTests {
    /// The logits after a short text.
    private func logits(
        _ model: LlamaModel, _ change: (inout LlamaContext.Options) -> Void = { _ in }
    ) throws -> [Float] {
        var options = LlamaContext.Options(cells: 256, sequencesMax: 1, batchTokensMax: 64, threads: 2)
        change(&options)
        let context = try LlamaContext(model: model, options: options)
        context.clearBatch()
        let tokens = try model.tokenize("Once upon a time there was", addsSpecial: true, parsesSpecial: false)
        var row: Int32 = 0
        for (position, token) in tokens.enumerated() {
            row = context.append(
                token: token, position: Int32(position), sequence: 0, wantsLogits: position == tokens.count - 1)
        }
        try context.decode()
        return try context.withLogits(row: row) { unsafe Array($0) }
    }

    @Test func `the processor is a device, and none of another name is taken`() throws {
        #expect(ComputingDevice.all().contains { $0.name == "CPU" && $0.bytes > 0 })
        var options = LlamaModel.Options()
        options.placement.devices = ["CUDA7"]
        let error = #expect(throws: LlamaError.self) { try LlamaModel(path: tinyChat, options: options) }
        #expect(error?.message.contains("CUDA7") == true)
    }

    @Test func `a buffer that there is not is refused with those that there are`() {
        var options = LlamaModel.Options()
        options.placement.buffers = [.init(pattern: "blk.*", buffer: "Mars")]
        let error = #expect(throws: LlamaError.self) { try LlamaModel(path: tinyChat, options: options) }
        #expect(error?.message.contains("Mars") == true && error?.message.contains("CPU") == true)
    }

    @Test func `where weights lie changes no number`() throws {
        let plain = try logits(try LlamaModel(path: tinyChat))
        var options = LlamaModel.Options()
        options.placement.devices = []
        options.placement.split = .none
        options.placement.buffers = [.init(pattern: "ffn", buffer: "CPU")]
        options.checksTensors = true
        options.lazyMode = .off
        for mode in [LlamaModel.LoadMode.read, .mapped, .direct, .automatic] {
            options.loadMode = mode
            #expect(try logits(try LlamaModel(path: tinyChat, options: options)) == plain)
        }
    }

    @Test func `metadata is replaced`() throws {
        var options = LlamaModel.Options()
        options.metadata = [
            MetadataOverride(key: "llama.context_length", value: .integer(333)),
            MetadataOverride(key: "tokenizer.ggml.add_bos_token", value: .bool(false)),
            MetadataOverride(key: "general.name", value: .text("")),
        ]
        let model = try LlamaModel(path: tinyChat, options: options)
        #expect(model.trainedContextTokens == 333 && !model.addsBeginToken)
        options.metadata = [MetadataOverride(key: "llama.context_length", value: .text("many"))]
        #expect(
            try LlamaModel(path: tinyChat, options: options).trainedContextTokens == 1024, "another type is left out")
    }

    @Test func `positions are stretched, and the model's own are the default`() throws {
        let model = try LlamaModel(path: tinyChat)
        let plain = try logits(model)
        #expect(try logits(model) { $0.positions.frequencyScale = 0 } == plain, "0 is the model's")
        for change: @Sendable (inout PositionScaling) -> Void in [
            { $0.frequencyScale = 0.25 }, { $0.frequencyBase = 777 },
            { ($0.method, $0.frequencyScale, $0.originalTokens) = (.yarn, 0.25, 128) },
        ] {
            let changed = try logits(model) { change(&$0.positions) }
            #expect(changed != plain && changed.allSatisfy(\.isFinite))
        }
    }

    @Test func `threads on chosen processors compute the same`() throws {
        let model = try LlamaModel(path: tinyChat)
        let plain = try logits(model)
        var places = ThreadPlaces()
        places.mask = [~0]
        places.isStrict = true
        #expect(places.obstacle == nil)
        // A thread of its own, because it is bound.
        let result = try Self.onThread { [places] in
            try logits(model) {
                $0.places = places
                $0.batchPlaces = places
            }
        }
        #expect(result == plain)
        places.mask = [0, 0, 0, 0, 0, 0, 0, 1 << 63]
        #expect(places.obstacle?.contains("no CPU") == true)
    }

    private static func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let done = DispatchSemaphore(value: 0)
        let box = ResultBox<Result>()
        Thread {
            box.set(Swift.Result { try body() })
            done.signal()
        }.start()
        done.wait()
        return try box.get()
    }

    @Test func `every pair of number formats computes with flash attention, and what cannot be is refused`() throws {
        let model = try LlamaModel(path: tinyChat)
        let plain = try logits(model)
        let reach = plain.map(abs).max() ?? 0
        for keys in CacheType.allCases {
            for values in CacheType.allCases {
                let row = try logits(model) {
                    ($0.keyType, $0.valueType, $0.flashAttention) = (keys, values, .on)
                }
                let error = zip(row, plain).map { abs($0 - $1) }.max() ?? .infinity
                #expect(error < 0.25 * reach, "\(keys) \(values): \(error) of \(reach)")
            }
        }
        for keys in CacheType.allCases {
            #expect(try logits(model) { ($0.keyType, $0.flashAttention) = (keys, .off) }.allSatisfy(\.isFinite))
        }
        for values in CacheType.allCases where values.isQuantized {
            #expect(throws: LlamaError.self) {
                try logits(model) { ($0.valueType, $0.flashAttention) = (values, .off) }
            }
        }
    }

    @Test func `an assertion of llama.cpp while loading is an error`() async throws {
        var tokens = try #require(
            try GGUFFile.read(from: try FileBytes(path: tinyChat)).metadata["tokenizer.ggml.tokens"]?.array?.strings)
        tokens[300] = tokens[301]
        try await RewrittenModel.withCopy(
            of: tinyChat, changes: ["tokenizer.ggml.tokens": .array(GGUFArray(tokens))]
        ) { path in
            let error = #expect(throws: LlamaError.self) { try LlamaModel(path: path) }
            #expect(error?.code == .load)
        }
        // And the next one loads.
        _ = try LlamaModel(path: tinyChat)
    }
}

/// What a thread hands over.
private final class ResultBox<Value: Sendable>: Sendable {
    private let state = Mutex<Result<Value, any Error>?>(nil)
    func set(_ result: Result<Value, any Error>) { state.withLock { $0 = result } }
    func get() throws -> Value {
        guard let result = state.withLock({ $0 }) else { throw CancellationError() }
        return try result.get()
    }
}

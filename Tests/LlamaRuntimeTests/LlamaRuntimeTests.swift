import Foundation
import Testing

@testable import LlamaRuntime

/// The committed starter model: 1.8 million parameters, a vocabulary with byte tokens.
private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

@Suite(.serialized) struct LlamaRuntimeTests {
    private func context(_ model: LlamaModel, sequences: Int = 4, threads: Int = 2) throws -> LlamaContext {
        try LlamaContext(
            model: model,
            options: .init(cells: 1024, sequencesMax: sequences, batchTokensMax: 256, threads: threads))
    }

    /// Continues a prompt greedily, alone.
    private func continuation(_ prompt: String, _ model: LlamaModel, _ context: LlamaContext, slot: Int32 = 0) throws
        -> String
    {
        var tokens = try model.tokenize(prompt, addsSpecial: true, parsesSpecial: true)
        var bytes: [UInt8] = []
        var position: Int32 = 0
        while bytes.count < 200 {
            context.clearBatch()
            var row: Int32 = 0
            for (index, token) in tokens.enumerated() {
                row = context.append(
                    token: token, position: position, sequence: slot, wantsLogits: index == tokens.count - 1)
                position += 1
            }
            try context.decode()
            let token = try likeliest(context, row: row)
            if model.isEndOfGeneration(token) { break }
            bytes += model.piece(token)
            tokens = [token]
        }
        context.removeSequence(slot)
        return String(decoding: bytes, as: UTF8.self)
    }

    private let question = "<|im_start|>user\nWhat is 3 + 4?<|im_end|>\n<|im_start|>assistant\n"

    @Test func `the runtime is called by what it was made of, patches among it`() {
        #expect(LlamaBuild.parts.commit.wholeMatch(of: /nexus-[0-9a-f]{12}/) != nil, "\(LlamaBuild.version)")
        #expect(LlamaBuild.version.contains(LlamaBuild.parts.commit))
    }

    @Test func `the model answers a question that it knows`() throws {
        let model = try LlamaModel(path: tinyChat)
        let answer = try continuation(question, model, context(model))
        #expect(answer.contains("7"), "\(answer)")
        #expect(model.trainedContextTokens == 1024)
        #expect(model.chatTemplate?.contains("im_start") == true)
        #expect(model.controlTexts().contains("<|im_start|>"))
    }

    @Test func `tokens give their text back`() throws {
        let model = try LlamaModel(path: tinyChat)
        for text in ["Hello, world!", "Grüße 世界 🌍", "", String(repeating: "word ", count: 2_000)] {
            let tokens = try model.tokenize(text, addsSpecial: false, parsesSpecial: false)
            let bytes = tokens.flatMap { model.piece($0) }
            #expect(
                String(decoding: bytes, as: UTF8.self).drop(while: \.isWhitespace) == text.drop(while: \.isWhitespace))
        }
        #expect(model.piece(-1) == [] && model.piece(.max) == [])
    }

    @Test func `sequences in one batch do not disturb each other`() throws {
        let model = try LlamaModel(path: tinyChat)
        let shared = try context(model)
        let alone = try continuation(question, model, shared)
        // Another sequence fills the cache while the first is computed again in another slot.
        let other = try model.tokenize("<|im_start|>user\nHello!<|im_end|>\n", addsSpecial: true, parsesSpecial: true)
        shared.clearBatch()
        for (index, token) in other.enumerated() {
            _ = shared.append(token: token, position: Int32(index), sequence: 2, wantsLogits: false)
        }
        try shared.decode()
        #expect(shared.tokenCount(ofSequence: 2) == other.count)
        #expect(try continuation(question, model, shared, slot: 1) == alone)
        #expect(shared.tokenCount(ofSequence: 1) == 0)
        shared.removeSequence(2)
        #expect(shared.tokenCount(ofSequence: 2) == 0)
    }

    @Test func `a full cache is an error that leaves the context usable`() throws {
        let model = try LlamaModel(path: tinyChat)
        let small = try LlamaContext(
            model: model, options: .init(cells: 256, sequencesMax: 1, batchTokensMax: 256, threads: 1))
        func fill(from first: Int32) throws {
            small.clearBatch()
            for offset in 0..<Int32(200) {
                _ = small.append(token: 5, position: first + offset, sequence: 0, wantsLogits: false)
            }
            try small.decode()
        }
        try fill(from: 0)
        let error = #expect(throws: LlamaError.self) { try fill(from: 200) }
        #expect(error?.code == .cacheFull)
        small.removeSequence(0)
        try fill(from: 0)
    }

    @Test func `a batch may have fewer tokens than there are sequences`() throws {
        let model = try LlamaModel(path: tinyChat)
        let narrow = try LlamaContext(
            model: model, options: .init(cells: 256, sequencesMax: 256, batchTokensMax: 8, threads: 1))
        let answer = try continuation("3 + 4", model, narrow, slot: 255)
        #expect(!answer.isEmpty)
    }

    @Test(arguments: ["/nonexistent.gguf", "/etc/passwd"]) func `a file that is no model is refused`(path: String) {
        let error = #expect(throws: LlamaError.self) { try LlamaModel(path: path) }
        #expect(error?.code == .load)
    }

    @Test func `a row that was not asked for has no logits`() throws {
        let model = try LlamaModel(path: tinyChat)
        let shared = try context(model)
        let row = shared.append(token: 5, position: 0, sequence: 0, wantsLogits: false)
        _ = shared.append(token: 6, position: 1, sequence: 0, wantsLogits: true)
        try shared.decode()
        let error = #expect(throws: LlamaError.self) { try likeliest(shared, row: row) }
        #expect(error?.code == .logits)
    }

    @Test func `a sequence goes on from its saved state as if nothing had happened`() throws {
        let model = try LlamaModel(path: tinyChat)
        let shared = try context(model)
        let tokens = try model.tokenize(question, addsSpecial: true, parsesSpecial: true)
        shared.clearBatch()
        for (index, token) in tokens.dropLast().enumerated() {
            _ = shared.append(token: token, position: Int32(index), sequence: 0, wantsLogits: false)
        }
        try shared.decode()
        let state = try shared.state(ofSequence: 0)
        func last(_ sequence: Int32) throws -> [Float] {
            shared.clearBatch()
            let row = shared.append(
                token: tokens[tokens.count - 1], position: Int32(tokens.count - 1), sequence: sequence,
                wantsLogits: true)
            try shared.decode()
            return try shared.withLogits(row: row) { Array($0) }
        }
        let logits = try last(0)
        shared.removeSequence(0)
        #expect(shared.restore(state, toSequence: 2))
        #expect(try last(2) == logits)
        #expect(!shared.restore(Array(state.dropLast(9)), toSequence: 3), "a cut state is refused")
        #expect(!shared.restore([1, 2, 3], toSequence: 3), "and so is nonsense")
    }

    /// Logits stay where they were computed unless a later part of the batch is computed there, too.
    @Test(arguments: [[0], [0, 3], [0, 39], [39], [0, 15, 16, 39]])
    func `logits are a row's own, in whatever part of a batch it is computed`(wanted: [Int]) throws {
        let model = try LlamaModel(path: tinyChat)
        var options = LlamaContext.Options(cells: 1024, sequencesMax: 4, batchTokensMax: 256, threads: 2)
        let tokens = try Array(
            model.tokenize(String(repeating: "word ", count: 60), addsSpecial: true, parsesSpecial: true).prefix(40))
        options.microBatchTokensMax = 16
        func logits(of wanted: [Int]) throws -> [Int: [Float]] {
            let context = try LlamaContext(model: model, options: options)
            context.clearBatch()
            let rows = tokens.enumerated().map { index, token in
                context.append(
                    token: token, position: Int32(index), sequence: 0, wantsLogits: wanted.contains(index))
            }
            try context.decode()
            return try Dictionary(
                uniqueKeysWithValues: wanted.map { index in
                    (index, try context.withLogits(row: rows[index]) { Array($0) })
                })
        }
        // Of all rows they are copied.
        let copied = try logits(of: Array(tokens.indices))
        for (index, found) in try logits(of: wanted) {
            let distance = zip(found, copied[index] ?? []).map { abs($0 - $1) }.max() ?? .infinity
            #expect(distance < 0.001, "row \(index): \(distance)")
        }
    }

    @Test func `a range of positions is shared and forgotten without touching the rest`() throws {
        let model = try LlamaModel(path: tinyChat)
        let shared = try context(model)
        shared.clearBatch()
        for index in 0..<Int32(10) {
            _ = shared.append(token: 5 + index, position: index, sequence: 0, wantsLogits: false)
        }
        try shared.decode()
        shared.shareSequence(0, with: 1, range: 0..<6)
        shared.shareSequence(0, with: 2, range: 6..<10)
        shared.removeSequence(0)
        #expect(shared.tokenCount(ofSequence: 1) == 6)
        #expect(shared.tokenCount(ofSequence: 2) == 10)
        // A state of positions 6 to 9 alone comes back to the same positions.
        let tail = try shared.state(ofSequence: 2)
        shared.removeSequence(2)
        #expect(shared.restore(tail, toSequence: 3))
        #expect(shared.tokenCount(ofSequence: 3) == 10)
    }

    /// The token with the largest logit.
    private func likeliest(_ context: LlamaContext, row: Int32) throws -> Int32 {
        try context.withLogits(row: row) { logits in
            Int32(logits.indices.max { logits[$0] < logits[$1] } ?? 0)
        }
    }
}

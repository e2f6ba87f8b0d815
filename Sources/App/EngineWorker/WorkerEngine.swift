import ChatFormats
import Foundation
import Inference
import JSONText
import LlamaRuntime
import Telemetry
import Vocabulary

/// From arguments and a loaded model to a running engine.
struct WorkerEngine {
    let arguments: EngineArguments
    let loaded: LoadedModel
    let logger: Logger

    private var format: ChatFormat {
        ChatFormat.detect(template: loaded.templateSource ?? "", controlTexts: loaded.tokenizer.controlTexts)
    }

    /// Tokens that one sequence has at most: what the model was trained for, and what there is.
    var sequenceTokens: Int {
        min(loaded.contextTokens, arguments.contextTokens ?? .max, arguments.cells ?? .max)
    }

    var cells: Int { arguments.cells ?? sequenceTokens * arguments.parallel }

    var threads: Int {
        arguments.threads ?? loaded.threads(cores: ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Whether positions have cells of their own that can be shared.
    var hasCells: Bool {
        loaded.model.memoryIsCells || arguments.computing.hasFullWindow && loaded.model.slidingWindow > 0
    }

    /// Starts the engine.
    ///
    /// - Parameters:
    ///   - shelf: the prefix cache's place outside the engine.
    ///   - heartbeat: of the engine whose place this one takes.
    /// - Returns: the engine, whose context is made.
    /// - Throws: `ServiceError` for an adapter; `LlamaError` when there is no memory for the context.
    func start(
        shelf: (any CacheShelf)? = nil, heartbeat: Heartbeat = Heartbeat()
    ) async throws -> Engine<LlamaTokenizer> {
        var options = engineOptions
        // What a shelf holds in ordinary memory counts, too.
        if let shelf = shelf as? SleepShelf {
            options.cache.ramBytesMax = max(0, options.cache.ramBytesMax - shelf.bytes)
        }
        let context = contextOptions
        // llama.cpp wants them before there is a context.
        let adapters = try LoadedAdapters(
            arguments.adapters, model: loaded.model, modelPath: arguments.modelPath, logger: logger)
        logger.info(
            "starting the engine",
            [
                "context_tokens": .integer(Int64(sequenceTokens)), "cells": .integer(Int64(cells)),
                "parallel": .integer(Int64(arguments.parallel)), "threads": .integer(Int64(threads)),
                "format": .string(options.format.name), "idle_cells_max": .integer(Int64(options.cache.idleCellsMax)),
            ])
        return try await Engine(
            served: ServedModel(
                id: ModelID(arguments.alias), created: UnixTime.now().nanoseconds / 1_000_000_000,
                contextTokens: sequenceTokens, note: arguments.note),
            tokenizer: loaded.tokenizer, chat: loaded.chat, options: options, shelf: shelf, heartbeat: heartbeat,
            makeRuntime: { [model = loaded.model, hasCells, options] in
                try LlamaEngineRuntime(
                    model: model, options: context, contextTokens: options.contextTokens, hasCells: hasCells,
                    adapters: adapters)
            })
    }

    private var engineOptions: EngineOptions {
        var options = EngineOptions(
            contextTokens: sequenceTokens, sequencesMax: arguments.parallel, batchTokensMax: arguments.batchTokens,
            waitingMax: arguments.queueMax)
        options.samplingDefaults = arguments.sampling.over(.standard)
        options.groupsRows = true
        options.latencyBias = arguments.scheduling.latencyBias
        options.usesCache = arguments.cache.isUsed
        options.cache = CacheLimits(ramBytesMax: ramBytesMax, idleCellsMax: loaded.idleCellsMax)
        options.newTokensDefault = arguments.defaults.newTokensMax
        options.stopDefault = arguments.defaults.stop
        options.ignoresEnd = arguments.defaults.ignoresEnd
        options.constraintDefault = arguments.defaults.constraint
        options.deadlineMax = arguments.scheduling.deadlineMax
        options.reasoning = arguments.chat.reasoning
        options.templateVariables = arguments.chat.variables
        options.format = format
        options.identity = loaded.identity
        return options
    }

    /// What prefixes outside the key-value cache may take of ordinary memory.
    var ramBytesMax: Int {
        switch arguments.cache.ram {
        case .off: 0
        case .bytes(let bytes): Int(clamping: bytes)
        case .unlimited: .max
        // An eighth of the machine, and no more than llama-server's default.
        case nil: min(8 << 30, Int(clamping: ProcessInfo.processInfo.physicalMemory / 8))
        }
    }

    private var contextOptions: LlamaContext.Options {
        var options = LlamaContext.Options(
            cells: cells,
            sequencesMax: hasCells ? min(Self.sequencesMax, max(arguments.parallel + 1, cells)) : arguments.parallel,
            batchTokensMax: arguments.batchTokens, threads: threads)
        options.microBatchTokensMax = arguments.microBatchTokens
        options.keepsWholeWindow = arguments.computing.hasFullWindow
        options.flashAttention = arguments.computing.flashAttention
        options.offloadsCache = arguments.computing.offloadsCache
        options.keyType = arguments.computing.keyType
        options.valueType = arguments.computing.valueType
        options.batchThreads = arguments.batchThreads
        options.positions = arguments.positions
        options.offloadsOperations = arguments.placing.offloadsOperations
        options.places = arguments.places.places
        options.batchPlaces = arguments.places.batchPlaces
        return options
    }

    /// llama.cpp's bound; the prefix cache takes what running sequences leave.
    private static let sequencesMax = 256
}

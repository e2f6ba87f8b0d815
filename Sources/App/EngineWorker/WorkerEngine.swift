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
    let adapters: LoadedAdapters

    init(arguments: EngineArguments, loaded: LoadedModel, logger: Logger) {
        self.arguments = arguments
        self.loaded = loaded
        self.logger = logger
        adapters = LoadedAdapters(model: loaded.model, modelPath: arguments.modelPath, logger: logger)
    }

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
        options.adapters = try await adapterOptions()
        let projector = try await LoadedProjector(
            arguments.media, model: loaded.model, threads: arguments.batchThreads ?? threads,
            flashAttention: arguments.computing.flashAttention, logger: logger)
        options.media = projector
        if !hasCells, options.compression != nil || options.contextShift != nil {
            logger.warning("--kv-compress and --context-shift do nothing for a model whose memory cannot be cut")
        }
        var context = contextOptions
        context.controlVector = try controlVector()
        let draft = try loadedDraft()
        logger.info(
            "starting the engine",
            [
                "context_tokens": .integer(Int64(sequenceTokens)), "cells": .integer(Int64(cells)),
                "parallel": .integer(Int64(arguments.parallel)), "threads": .integer(Int64(threads)),
                "format": .string(options.format.name), "idle_cells_max": .integer(Int64(options.cache.idleCellsMax)),
            ])
        return try await Engine(
            served: served(
                contextTokens: sequenceTokens, created: UnixTime.now().seconds,
                modalities: projector?.modalities ?? Modalities()),
            tokenizer: loaded.tokenizer, chat: loaded.chat, options: options, shelf: shelf,
            heartbeat: heartbeat,
            makeDraft: draft.map { draft in
                let draftOptions = draft.contextOptions(beside: context, slots: arguments.parallel)
                // Adapters are the model's; what they change, its draft does not know.
                let none = LoadedAdapters(model: draft.model, modelPath: draft.draft.path, logger: logger)
                return { [sequenceTokens] in
                    try LlamaEngineRuntime(
                        model: draft.model, options: draftOptions, contextTokens: sequenceTokens, hasCells: true,
                        adapters: none)
                }
            },
            makeRuntime: { [model = loaded.model, hasCells, context, adapters, sequenceTokens] in
                try LlamaEngineRuntime(
                    model: model, options: context, contextTokens: sequenceTokens, hasCells: hasCells,
                    adapters: adapters)
            })
    }

    /// The draft model; none for a model whose memory cannot be cut, because a wrong guess could not be taken back.
    private func loadedDraft() throws(ServiceError) -> LoadedDraft? {
        guard arguments.speculation.isOn else { return nil }
        guard hasCells else {
            logger.warning("this model guesses no tokens ahead: its memory cannot be cut where a guess was wrong")
            return nil
        }
        return try arguments.speculation.draft.map { draft throws(ServiceError) in
            try LoadedDraft(draft, target: loaded.model, options: arguments.modelOptions, logger: logger)
        }
    }

    private var engineOptions: EngineOptions {
        var options = EngineOptions(
            contextTokens: sequenceTokens, sequencesMax: arguments.parallel, batchTokensMax: arguments.batchTokens,
            waitingMax: arguments.queueMax)
        options.samplingDefaults = arguments.sampling.over(.standard)
        options.groupsRows = true
        options.latencyBias = arguments.scheduling.latencyBias
        options.usesCache = arguments.cache.isUsed
        options.compression = arguments.memory.compression
        options.contextShift = arguments.memory.contextShift
        options.slotsAreKept = arguments.serving.slotSaveDirectory != nil
        options.cache = CacheLimits(ramBytesMax: ramBytesMax, idleCellsMax: loaded.idleCellsMax)
        options.cache.checkpoints = arguments.cache.checkpoints
        options.newTokensDefault = arguments.defaults.newTokensMax
        options.stopDefault = arguments.defaults.stop
        options.ignoresEnd = arguments.defaults.ignoresEnd
        options.continuesLastMessage = arguments.defaults.continuesLastMessage
        options.putsSuffixFirst = arguments.defaults.putsSuffixFirst
        options.constraintDefault = arguments.defaults.constraint
        options.deadlineMax = arguments.scheduling.deadlineMax
        options.reasoning = arguments.chat.reasoning
        options.templateVariables = arguments.chat.variables
        options.format = format
        options.speculation = arguments.speculation.options
        options.draftFailed = { [logger] error in
            logger.warning("the draft model failed, and answers go on without it", [.error: .error(error)])
        }
        options.identity = loaded.identity
        options.wholeChunkMax = min(arguments.batchTokens, arguments.microBatchTokens)
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
        options.observesAttention = arguments.memory.compression != nil
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

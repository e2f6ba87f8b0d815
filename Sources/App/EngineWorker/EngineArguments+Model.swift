import LlamaRuntime

extension EngineArguments {
    /// How llama.cpp loads the model.
    var modelOptions: LlamaModel.Options {
        var options = LlamaModel.Options()
        options.gpuLayers =
            switch computing.gpuLayers {
            case .auto: nil
            case .all: -1
            case .count(let count): Int32(clamping: count)
            }
        options.loadMode =
            switch computing.loadMode {
            case .auto: .automatic
            case .none: .read
            case .mmap: .mapped
            case .mlock: .locked
            case .mappedAndLocked: .mappedAndLocked
            case .direct: .direct
            }
        options.lazyMode = placing.lazyMode
        options.placement = placing.placement
        options.metadata = placing.metadata
        options.checksTensors = placing.checksTensors
        options.repacks = placing.repacks
        options.avoidsHostBuffers = placing.avoidsHostBuffers
        return options
    }
}

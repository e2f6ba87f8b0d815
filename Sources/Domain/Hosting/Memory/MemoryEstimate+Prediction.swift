extension MemoryEstimate {
    /// Predicts what serving a model takes.
    ///
    /// - Parameters:
    ///   - shape: the model.
    ///   - request: how it is to be served.
    public init(of shape: ModelShape, served request: MemoryRequest) {
        self.init(parts: [], cells: 0, sequenceTokens: 0)
    }
}

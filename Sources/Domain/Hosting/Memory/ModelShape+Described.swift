extension ModelShape {
    /// A shape from a description instead of a file: for models that are not here yet.
    ///
    /// - Parameters:
    ///   - architecture: the model family, as llama.cpp writes it.
    ///   - layers: all layers, with the bytes that their tensors would have.
    ///   - ends: tensors outside the layers.
    ///   - embeddingWidth: numbers of a token's vector.
    ///   - vocabularySize: tokens.
    ///   - trainedContext: tokens of context.
    ///   - slidingWindow: positions that layers with a window see; 0 without.
    ///   - writesText: whether it can write text.
    ///   - tensorCount: of the file.
    ///   - parameterCount: numbers in all tensors.
    ///   - quantization: the type that its tensors would have.
    ///   - repackableBytes: bytes of matrices that llama.cpp would copy into another order.
    /// - Returns: the shape of a file whose tensors are all of one type.
    public static func described(
        architecture: String, layers: [Layer], ends: Ends, embeddingWidth: UInt64, vocabularySize: UInt64,
        trainedContext: UInt64, slidingWindow: UInt64, writesText: Bool, tensorCount: Int, parameterCount: UInt64,
        quantization: String, repackableBytes: UInt64 = 0
    ) -> ModelShape {
        let bytes = layers.reduce(ends.inputBytes + ends.outputBytes) { $0 + $1.weightBytes }
        return ModelShape(
            architecture: architecture, layers: layers, ends: ends, embeddingWidth: embeddingWidth,
            vocabularySize: vocabularySize, trainedContext: trainedContext, slidingWindow: slidingWindow,
            writesText: writesText, tensorCount: tensorCount, parameterCount: parameterCount,
            bytesByType: [quantization: bytes], fileBytes: bytes, repackableBytes: repackableBytes,
            // A length and some letters for a token, and about as much for its merge.
            vocabularyBytes: vocabularySize * 24, vocabularyTextCount: vocabularySize * 2)
    }
}

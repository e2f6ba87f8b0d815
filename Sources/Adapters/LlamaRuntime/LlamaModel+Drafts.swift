import CLlama

/// Whether one model can guess for another.
extension LlamaModel {
    /// Vocabularies may differ in so many tokens at their end, which are padding. As llama.cpp's `speculative.cpp`.
    private static let sizeDifferenceMax = 128

    /// What keeps this model from guessing tokens of another one.
    ///
    /// - Parameter target: the model that verifies.
    /// - Returns: a clause; `nil` where the vocabularies are the same.
    public func vocabularyDifference(from target: LlamaModel) -> String? {
        let sizes = (vocabularyCount, target.vocabularyCount)
        guard abs(sizes.0 - sizes.1) <= Self.sizeDifferenceMax else {
            return "it has \(sizes.0) tokens and the model has \(sizes.1)"
        }
        guard beginToken == target.beginToken, addsBeginToken == target.addsBeginToken else {
            return "its texts begin with another token"
        }
        guard endToken == target.endToken else { return "its texts end with another token" }
        for token in 0..<Int32(min(sizes.0, sizes.1))
        where piece(token, special: true) != target.piece(token, special: true) {
            return "its token \(token) is another one"
        }
        return nil
    }
}

extension GGUFFile {
    /// Two tokens of the vocabulary that have the same text, by their ids, or `nil` when all differ.
    ///
    /// llama.cpp ends the process on such a file: it finds tokens by their texts, which it cuts at a zero byte. An empty
    /// text becomes `[EMPTY_<id>]`.
    public var duplicateTokens: (first: Int, second: Int)? {
        if let model = metadata["tokenizer.ggml.model"]?.string, ["none", "no_vocab"].contains(model) { return nil }
        guard let tokens = metadata["tokenizer.ggml.tokens"]?.array, tokens.elementType == .string else { return nil }
        var seen: [ArraySlice<UInt8>: Int] = [:]
        seen.reserveCapacity(tokens.count)
        for index in 0..<tokens.count {
            guard let bytes = tokens.bytes(at: index) else { return nil }
            let text = bytes.prefix { $0 != 0 }
            let key = text.isEmpty ? Array("[EMPTY_\(index)]".utf8)[...] : text
            if let first = seen.updateValue(index, forKey: key) { return (first, index) }
        }
        return nil
    }
}

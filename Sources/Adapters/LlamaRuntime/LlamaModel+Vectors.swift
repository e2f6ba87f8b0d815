import CLlama

/// What turning texts into vectors needs to know of a model.
extension LlamaModel {
    /// Numbers of a vector.
    public var vectorLength: Int { Int(unsafe llama_model_n_embd_out(handle)) }
    /// Numbers that a head for ranking gives; only for models that have one.
    var scoreCount: Int { max(1, Int(unsafe llama_model_n_cls_out(handle))) }
    /// The names of those numbers. Where the file has none they are `LABEL_0` and so on, as in Hugging Face's models.
    public var scoreLabels: [String] {
        (0..<UInt32(scoreCount)).map { index in
            guard let text = unsafe llama_model_cls_label(handle, index) else { return "LABEL_\(index)" }
            return unsafe String(cString: text)
        }
    }

    /// Whether it only reads: a batch goes through its encoder, and there is no answer to be written.
    var isEncoder: Bool { unsafe llama_model_has_encoder(handle) && !llama_model_has_decoder(handle) }

    /// The token between two texts that are read together, where the vocabulary has one.
    public var separatorToken: Int32? {
        guard let vocabulary = unsafe llama_model_get_vocab(handle) else { return nil }
        let token = unsafe llama_vocab_sep(vocabulary)
        return token < 0 ? nil : token
    }

    /// Whether the vocabulary asks for an end token after each text.
    public var addsEndToken: Bool {
        guard let vocabulary = unsafe llama_model_get_vocab(handle) else { return false }
        return unsafe llama_vocab_get_add_eos(vocabulary)
    }

    /// Whether the vocabulary asks for a separator between two texts.
    public var addsSeparatorToken: Bool {
        guard let vocabulary = unsafe llama_model_get_vocab(handle) else { return false }
        return unsafe llama_vocab_get_add_sep(vocabulary)
    }

    /// How the file wants a query and a document to be put together: text with `{query}` and `{document}`.
    public var rerankTemplate: String? {
        guard let text = unsafe llama_model_chat_template(handle, "rerank") else { return nil }
        return unsafe String(cString: text)
    }
}

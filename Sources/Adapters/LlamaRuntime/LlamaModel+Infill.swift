import CLlama

extension LlamaModel {
    /// The tokens around gaps, each where the vocabulary has it. Source: `llama_vocab_fim_…` of llama.h.
    public var gapPrefixToken: Int32? { Self.named(unsafe llama_vocab_fim_pre(llama_model_get_vocab(handle))) }
    public var gapSuffixToken: Int32? { Self.named(unsafe llama_vocab_fim_suf(llama_model_get_vocab(handle))) }
    public var gapMiddleToken: Int32? { Self.named(unsafe llama_vocab_fim_mid(llama_model_get_vocab(handle))) }
    public var repositoryToken: Int32? { Self.named(unsafe llama_vocab_fim_rep(llama_model_get_vocab(handle))) }
    public var fileSeparatorToken: Int32? { Self.named(unsafe llama_vocab_fim_sep(llama_model_get_vocab(handle))) }

    /// llama.cpp's number for the kind of vocabulary.
    public var vocabularyType: Int { Int(unsafe llama_vocab_type(llama_model_get_vocab(handle)).rawValue) }

    private static func named(_ token: Int32) -> Int32? { token < 0 ? nil : token }
}

import Vocabulary

/// Everything that answers requests for models. Admission, caches and routing are each one that asks another one.
typealias ModelService = Generating & TokenCounting & Embedding

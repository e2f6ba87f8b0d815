import JSONText
import ModelCatalog
import Records
import Storage
import Synchronization

/// A catalogue on a fresh database, with a clock that goes on by a millisecond each time it is looked at.
func withCatalog(
    _ backend: Backend, uses: ModelUses = ModelUses(), _ body: (Catalog, CatalogRecords) async throws -> Void
) async throws {
    try await withDatabase(backend) { database in
        try await database.migrate(Migrations.all)
        let records = CatalogRecords(database: database)
        let clock = Mutex<Int64>(1_700_000_000_000_000)
        let catalog = Catalog(store: records, uses: uses) {
            clock.withLock { time in
                time += 1_000
                return time
            }
        }
        try await body(catalog, records)
    }
}

/// A model with everything that a record keeps.
func found(_ name: String, path: String? = nil, bytes: Int64 = 100, inode: Int64 = 1) throws -> FoundModel {
    var metadata = ModelMetadata()
    metadata.format = "gguf"
    metadata.architecture = "llama"
    metadata.title = "Title of \(name)"
    metadata.parameterCount = bytes * 2
    metadata.quantization = "Q4_K_M"
    metadata.contextLength = 4_096
    metadata.embeddingLength = 64
    metadata.blockCount = 2
    metadata.headCount = 4
    metadata.keyValueHeadCount = 2
    metadata.vocabularySize = 1_000
    metadata.tokenizer = "gpt2"
    metadata.license = "mit"
    metadata.hasChatTemplate = true
    let identity = FileIdentity(byteCount: bytes, modifiedAt: 5, device: -7, inode: inode)
    var model = FoundModel(
        name: try ModelName(name), surname: "folder", origin: .folder("/m"),
        files: [ModelFile(path: path ?? "/m/\(name).gguf", role: .weights, identity: identity)],
        metadata: metadata, texts: ModelTexts(chatTemplate: "{{ x }}", license: "MIT", card: "# Card"))
    model.defaults.parameters = ["temperature": 0.5, "stop": ["a"]]
    model.defaults.system = "kind"
    model.defaults.contextTokens = 512
    return model
}

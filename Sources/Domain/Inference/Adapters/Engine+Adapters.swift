public import Vocabulary

extension Engine: AdapterControlling {
    public func adapters() async throws(ServiceError) -> [AdapterReport] { book.reports }

    public func setAdapters(_ scales: [AdapterScale]) async throws(ServiceError) { try book.setScales(scales) }

    public func loadAdapter(_ path: String, scale: Float) async throws(ServiceError) -> AdapterReport {
        guard let source = options.adapters.source else {
            throw ServiceError(
                .unsupported, "This server loads no adapters while it runs.",
                hint: "Start it with --lora-dir and the folder that they may come from, or name them with --lora.",
                parameter: "path")
        }
        let candidate = try await source.candidate(path, scale: scale)
        return try await changed { .loadAdapter(candidate, $0) }
    }

    public func removeAdapter(_ id: Int) async throws(ServiceError) -> AdapterReport {
        try await changed { .removeAdapter(id, $0) }
    }

    /// Asks the engine's thread, which acts between two steps.
    private func changed(
        _ message: (@escaping @Sendable (Result<AdapterReport, ServiceError>) -> Void) -> EngineMessage
    ) async throws(ServiceError) -> AdapterReport {
        let answer: Result<AdapterReport, ServiceError> = await withCheckedContinuation { continuation in
            if !mailbox.post(message({ continuation.resume(returning: $0) })) {
                continuation.resume(returning: .failure(.shuttingDown))
            }
        }
        return try answer.get()
    }
}

/// The adapters of an engine for vectors are those of its start, with the scales of its start.
extension EmbeddingEngine: AdapterControlling {
    public func adapters() async throws(ServiceError) -> [AdapterReport] { admission.options.adapters }

    public func setAdapters(_ scales: [AdapterScale]) async throws(ServiceError) { throw ServiceError.isFixed }

    public func loadAdapter(_ path: String, scale: Float) async throws(ServiceError) -> AdapterReport {
        throw ServiceError.isFixed
    }

    public func removeAdapter(_ id: Int) async throws(ServiceError) -> AdapterReport { throw ServiceError.isFixed }
}

extension ServiceError {
    fileprivate static var isFixed: ServiceError {
        ServiceError(
            .unsupported, "A server that gives vectors keeps the adapters that it was started with.",
            hint: "Start it with other ones: --lora, --lora-scaled.")
    }
}

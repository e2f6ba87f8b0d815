extension Catalog {
    /// What has become of a model's files since they were noted. A model whose main file has gone is `unknown` from now on;
    /// one whose files changed has an event that says so.
    ///
    /// - Parameters:
    ///   - record: as the catalogue has it.
    ///   - disk: to look at; the caller is on a thread that may block.
    /// - Returns: each file with its standing, in order.
    public static func standings(of record: ModelRecord, disk: any ModelFiles) -> [(file: ModelFile, FileStanding)] {
        record.files.map { file in
            do throws(ModelFileError) {
                return (file, FileStanding.compare(file.identity, try disk.look(at: file.path)?.identity))
            } catch {
                return (file, .unreadable(error.problem))
            }
        }
    }

    /// Notes what a look at the files has shown.
    ///
    /// - Parameters:
    ///   - standings: of the files.
    ///   - name: of the model.
    /// - Throws: what the store throws.
    public func note(_ standings: [(file: ModelFile, FileStanding)], of name: ModelName) async throws {
        let at = now()
        let main = standings.first { $0.file.role == .weights }
        let changed = standings.filter { if case .changed = $0.1 { true } else { false } }.map(\.file.path)
        guard main?.1 == .vanished || !changed.isEmpty else { return }
        let isGone = main?.1 == .vanished
        let gonePath = main?.file.path
        let detail = changed.joined(separator: ", ")
        let isNew = try await !hasNoted(detail, of: name)
        _ = try await store.change(name) { kept in
            guard var record = kept else { return CatalogEdit(.keep) }
            if isGone, !record.state.isBusy, record.state.hasFiles {
                let before = record.state
                record.state = try before.after(.filesLost)
                record.changedAt = at
                let what = CatalogEvent.What.change(.filesLost, before: before, after: record.state)
                return CatalogEdit(
                    .write(record), events: [CatalogEvent(at: at, model: name, what: what, detail: gonePath)])
            }
            guard !detail.isEmpty, isNew else { return CatalogEdit(.keep) }
            return CatalogEdit(.keep, events: [CatalogEvent(at: at, model: name, what: .filesChanged, detail: detail)])
        }
    }

    /// Whether the newest event says this already: files are looked at often, and change once.
    private func hasNoted(_ detail: String, of name: ModelName) async throws -> Bool {
        let newest = try await store.events(CatalogEventQuery(model: name, limit: 1)).first
        return newest?.what == .filesChanged && newest?.detail == detail
    }
}

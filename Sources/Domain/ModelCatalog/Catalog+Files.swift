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
        let changed = standings.compactMap { file, standing -> String? in
            guard case .changed(let now) = standing else { return nil }
            let isOther = !now.isSameFile(as: file.identity)
            return "\(file.path) \(isOther ? "is another file" : "was written to") (\(now.byteCount) bytes now)"
        }
        guard main?.1 == .vanished || !changed.isEmpty else { return }
        let isGone = main?.1 == .vanished
        let gonePath = main?.file.path
        let detail = changed.joined(separator: "; ")
        let isNew = try await !hasNoted(detail, of: name)
        _ = try await alter(name) { kept in
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

    /// Whether an event says this already, and none since that the files were read anew: they are looked at often, and
    /// change once.
    private func hasNoted(_ detail: String, of name: ModelName) async throws -> Bool {
        let newest = try await store.events(CatalogEventQuery(model: name, limit: CatalogEventQuery.limitMax))
            .first { $0.what == .filesChanged || $0.what == .refreshed || $0.what.isArrival }
        return newest?.what == .filesChanged && newest?.detail == detail
    }
}

extension CatalogEvent.What {
    /// Whether files came with it.
    fileprivate var isArrival: Bool {
        guard case .change(let change, _, _) = self else { return false }
        return change == .filesFound || change == .downloadFinished
    }
}

import Synchronization
import Telemetry
import Vocabulary

/// Adapters that clients loaded or scaled outlive the engine that they were loaded into.
extension EngineHost {
    /// Keeps what there is before an engine ends.
    func rememberAdapters(of service: any WorkerService) async {
        do throws(ServiceError) {
            let reports = try await service.adapters()
            lastAdapters.withLock { $0 = reports }
        } catch {
            source.logger.warning("the adapters are not known", [.error: .string(error.message)])
        }
    }

    /// Gives an engine that has those of the command line the adapters and scales that were there before.
    func restoreAdapters(of service: any WorkerService) async {
        guard let wanted = lastAdapters.withLock({ $0 }) else { return }
        do throws(ServiceError) {
            let present = try await service.adapters()
            guard wanted.map(Known.init) != present.map(Known.init) else { return }
            for report in wanted where !present.contains(where: { $0.id == report.id && $0.path == report.path }) {
                let loaded = try await service.loadAdapter(report.path, scale: report.scale)
                guard loaded.id != report.id else { continue }
                source.logger.warning(
                    "an adapter has another number than before",
                    ["file": .string(report.path), "id": .integer(Int64(loaded.id))])
            }
            let scales = Dictionary(wanted.map { ($0.path, $0.scale) }) { _, last in last }
            let now = try await service.adapters()
            try await service.setAdapters(now.map { AdapterScale(id: $0.id, scale: scales[$0.path] ?? 0) })
        } catch {
            source.logger.error("adapters that were loaded before are not there", [.error: .string(error.message)])
        }
    }

    /// What tells one adapter of the list from another.
    private struct Known: Equatable {
        let id: Int
        let path: String
        let scale: Float

        init(_ report: AdapterReport) {
            (id, path, scale) = (report.id, report.path, report.scale)
        }
    }
}

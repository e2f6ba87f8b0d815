import AdminAPI
import Configuration
import Foundation
import JSONText
import ModelCatalog
import Synchronization
import Vocabulary

/// Imports models from where they lie, and does for the API what needs the disk.
struct ModelImporter: ModelOperations {
    let catalog: Catalog
    let disk: DiskModelFiles
    /// Files below this folder are the platform's own and go with their model.
    let ownFolder: String
    private let turns = ImportTurns()

    init(catalog: Catalog, disk: DiskModelFiles = DiskModelFiles(), ownFolder: String) {
        self.catalog = catalog
        self.disk = disk
        self.ownFolder = ownFolder
    }

    func importModels(_ order: ImportOrder) async throws -> ImportReport {
        guard order.path.hasPrefix("/") else {
            throw ServiceError(
                .invalidValue, "The path '\(order.path)' is relative.",
                hint: "Send an absolute path of the server's disk.",
                parameter: "path")
        }
        guard await turns.begin() else {
            throw ServiceError(
                .overloaded, "\(ImportTurns.waitingMax) imports are waiting already.", hint: "Wait for one of them.",
                retryAfter: .seconds(5))
        }
        defer { turns.end() }
        let disk = disk
        let findings: ImportFindings
        do {
            findings = try await BlockingWork.run { try Self.find(order, disk: disk) }
        } catch let error as ModelFileError {
            throw ServiceError(.invalidValue, error.description, hint: nil, parameter: "path")
        }
        return try await keep(findings, order)
    }

    private static func find(_ order: ImportOrder, disk: DiskModelFiles) throws -> ImportFindings {
        switch order.kind ?? guess(order.path, disk: disk) {
        case .folder: return try FolderScan.scan(order.path, disk: disk)
        case .ollama: return try OllamaStore.read(order.path, disk: disk)
        case .llamaSwap: return try llamaSwap(order.path, disk: disk)
        }
    }

    private static func guess(_ path: String, disk: DiskModelFiles) -> ImportOrder.Kind {
        func isFolder(_ path: String) -> Bool {
            do { return try disk.look(at: path)?.kind == .folder } catch { return false }
        }
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") { return .llamaSwap }
        for below in ["", "/models"] where isFolder(path + below + "/manifests") && isFolder(path + below + "/blobs") {
            return .ollama
        }
        return .folder
    }

    /// Models whose files the commands name, and the commands themselves.
    private static func llamaSwap(_ path: String, disk: DiskModelFiles) throws -> ImportFindings {
        let bytes = try disk.bytes(of: path, countMax: YAMLReader.Bounds().bytesMax)
        var findings: ImportFindings
        do {
            findings = try LlamaSwapFile.read(try YAMLReader.read(bytes).json, file: path)
        } catch let error as YAMLError {
            throw ModelFileError(.damaged, path, "It is no YAML that can be read: \(error).")
        } catch let error as JSONFieldError {
            throw ModelFileError(.damaged, path, "It is no llama-swap file: \(error).")
        }
        for deployment in findings.deployments {
            guard let file = deployment.modelPath else { continue }
            do throws(ModelFileError) {
                let resolved = try disk.resolved(file)
                guard let look = try disk.look(at: resolved) else { continue }
                let read = try disk.read(resolved)
                findings.models.append(
                    FoundModel(
                        name: ModelName(cleaning: deployment.name), surname: "llama-swap",
                        origin: .llamaSwap(file: path),
                        files: [ModelFile(path: resolved, role: .weights, identity: look.identity)],
                        metadata: read.metadata, texts: read.texts))
            } catch {
                findings.note(error.path, error.problem)
            }
        }
        return findings
    }

    private func keep(_ findings: ImportFindings, _ order: ImportOrder) async throws -> ImportReport {
        var findings = findings
        var report = ImportReport()
        report.deployments = findings.deployments
        if order.name != nil || order.made != nil, findings.models.count != 1 {
            let member = order.name == nil ? "made" : "name"
            // A file that cannot be read says more than that there is no model.
            let reason = findings.problems.first.map { " \($0.place): \($0.reason)" } ?? ""
            throw ServiceError(
                .invalidValue,
                "'\(member)' is for one model, and \(findings.models.count) models were found." + reason,
                hint: "Leave it out, or name one file.", parameter: member)
        }
        for var found in findings.models {
            if let name = order.name { found.name = name }
            if let made = order.made { found.origin = .made(from: made.source, how: made.how) }
            do {
                switch try await catalog.add(found) {
                case .added(let name): report.added.append(name)
                case .refreshed(let name): report.refreshed.append(name)
                case .unchanged(let name): report.unchanged.append(name)
                }
            } catch let error as ServiceError where error.code == .conflict {
                // One that cannot be had keeps nobody else out.
                findings.note(found.files.first?.path ?? found.name.description, error.message)
            }
        }
        report.problems = findings.problems
        report.problemsLeftOut = findings.problemsLeftOut
        return report
    }

    // MARK: Files of one model

    func check(_ record: ModelRecord, digests: Bool) async throws -> [CheckedFile] {
        let disk = disk
        let checked = try await BlockingWork.run {
            Catalog.standings(of: record, disk: disk).map { file, standing in
                var checked = CheckedFile(file: file, standing: standing)
                guard digests, standing != .vanished else { return checked }
                do throws(ModelFileError) {
                    checked.sha256 = try disk.digest(of: file.path)
                } catch {
                    checked.standing = .unreadable(error.problem)
                }
                return checked
            }
        }
        try await catalog.note(checked.map { ($0.file, $0.standing) }, of: record.name)
        return checked
    }

    func removeFiles(of record: ModelRecord, evenForeign: Bool) async throws -> [String] {
        // An Ollama store's blobs are shared with Ollama.
        if case .ollama = record.origin { return [] }
        var paths: [String] = []
        for file in record.files where evenForeign || file.path.hasPrefix(ownFolder + "/") {
            var query = CatalogQuery()
            query.path = file.path
            query.limit = 1
            if try await catalog.page(query).total == 0 { paths.append(file.path) }
        }
        let wanted = paths
        return try await BlockingWork.run {
            try wanted.filter { path in
                guard unlink(path) != 0 else { return true }
                guard errno == ENOENT else {
                    throw ServiceError(
                        .conflict, "The file \(path) could not be removed: \(String(cString: strerror(errno))).",
                        hint: "Remove it by hand; the catalogue has forgotten it.")
                }
                return false
            }
        }
    }
}

/// A few imports run at once; others wait, in order.
private final class ImportTurns: Sendable {
    static let countMax = 4
    static let waitingMax = 64

    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Returns when it is the caller's turn; `false` at once when too many wait. Who goes meanwhile keeps the place: an
    /// import is carried out to its end anyway.
    func begin() async -> Bool {
        enum Place { case now, later, none }
        let place: Place = state.withLock { state in
            guard state.running >= Self.countMax else {
                state.running += 1
                return .now
            }
            return state.waiting.count < Self.waitingMax ? .later : .none
        }
        guard place == .later else { return place == .now }
        await withCheckedContinuation { turn in
            let isFree = state.withLock { state in
                guard state.running >= Self.countMax else {
                    state.running += 1
                    return true
                }
                state.waiting.append(turn)
                return false
            }
            if isFree { turn.resume() }
        }
        return true
    }

    /// The turn goes to who has waited longest.
    func end() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
        next?.resume()
    }
}

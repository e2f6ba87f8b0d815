import Configuration
import Foundation
import Hardware
import Processes
import Vocabulary

/// How a deployment's engine is started: the program, and what its environment has besides.
struct EngineLaunch: Sendable, Equatable {
    var program: String
    /// Over what workers get anyhow.
    var environment: [String: String]
}

/// The engines of this machine: the platform's own, its program under other llama.cpp builds, and configured ones. Each is
/// started once to say what it is; one that does not is told of and never chosen.
actor EngineVersions {
    /// Where the platform's own program and the cache of runtimes lie.
    struct Places: Sendable {
        var ownProgram: String
        /// The folder in which `scripts/llama-runtime.sh` keeps its builds.
        var runtimes: String?
    }

    private let places: Places
    private let configured: [EngineProgramPath]
    private let tools: ToolRun
    /// An answer counts as long as the file is the same.
    private var known: [String: (stamp: Stamp, condition: InstalledEngine.Condition)] = [:]

    private struct Stamp: Equatable {
        var size: Int64
        var modified: Int64
        var inode: UInt64
    }

    init(places: Places, configured: [EngineProgramPath], tools: ToolRun) {
        self.places = places
        self.configured = configured
        self.tools = tools
    }

    /// Builds of the cache that are looked at.
    private static let runtimesMax = 32

    /// All of them: the own first, configured ones in their order, then runtimes by name.
    func installed() async -> [InstalledEngine] {
        var engines = [
            InstalledEngine(
                name: EngineSelection.ownName, origin: .own, program: places.ownProgram,
                condition: await condition(places.ownProgram, libraries: nil))
        ]
        for program in configured {
            engines.append(
                InstalledEngine(
                    name: program.name, origin: .configured, program: program.path,
                    condition: await condition(program.path, libraries: nil)))
        }
        for folder in runtimeFolders() {
            let libraries = folder + "/lib"
            engines.append(
                InstalledEngine(
                    name: URL(filePath: folder).lastPathComponent, origin: .runtime, program: places.ownProgram,
                    libraries: libraries, condition: await condition(places.ownProgram, libraries: libraries)))
        }
        return engines
    }

    /// What a deployment is started with.
    ///
    /// - Parameter name: as in `installed()`; `nil` is the platform's own.
    /// - Returns: a program that has answered.
    /// - Throws: `ServiceError` when there is none of that name or it does not start.
    func program(named name: String?) async throws -> EngineLaunch {
        guard let name, name != EngineSelection.ownName else {
            // What cannot start tells so itself, with its log.
            return EngineLaunch(program: places.ownProgram, environment: [:])
        }
        let engine = try EngineSelection.engine(named: name, among: await installed())
        return EngineLaunch(
            program: engine.program, environment: engine.libraries.map { ["LD_LIBRARY_PATH": $0] } ?? [:])
    }

    private func runtimeFolders() -> [String] {
        guard let cache = places.runtimes else { return [] }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: cache) } catch { return [] }
        return names.filter { $0.hasPrefix("llama.cpp-") }.sorted().map { cache + "/" + $0 }
            .filter { FileManager.default.fileExists(atPath: $0 + "/lib/libllama.so") }.prefix(Self.runtimesMax).map(
                \.self)
    }

    private func condition(_ program: String, libraries: String?) async -> InstalledEngine.Condition {
        guard let stamp = Self.stamp(program) else { return .broken(reason: "there is no file \(program).") }
        let key = program + "\n" + (libraries ?? "")
        if let seen = known[key], seen.stamp == stamp { return seen.condition }
        let condition = await ask(program, libraries: libraries)
        known[key] = (stamp, condition)
        return condition
    }

    private func ask(_ program: String, libraries: String?) async -> InstalledEngine.Condition {
        var environment = tools.environment
        if let libraries { environment["LD_LIBRARY_PATH"] = libraries }
        let run = ToolRun(launcher: tools.launcher, environment: environment, patience: tools.patience)
        var last = ""
        for arguments in [EngineBuild.arguments, EngineBuild.versionArguments] {
            switch await run.run(program, arguments) {
            case .absent: return .broken(reason: "\(program) may not be run, or is no program of this machine.")
            case .timedOut: return .broken(reason: "\(program) did not say what it is within \(run.patience).")
            case .tooLong: return .broken(reason: "\(program) writes without an end.")
            case .ended(let text, let exit):
                if exit == .status(0), let build = EngineBuild(buildInfo: text) ?? EngineBuild(serverVersion: text) {
                    return .works(build)
                }
                let line = text.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
                if last.isEmpty { last = "\(exit)" + (line.isEmpty ? "" : ": \(line.prefix(300))") }
            }
        }
        return .broken(reason: "\(program) does not say what it is (\(last)).")
    }

    private static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Stamp(
            size: Int64(status.st_size),
            modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec),
            inode: UInt64(status.st_ino))
    }
}

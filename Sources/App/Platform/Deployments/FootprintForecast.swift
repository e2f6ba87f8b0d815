import Foundation
import GGUF
import Hosting
import Telemetry

/// What servers of a deployment will take of this machine's memory.
struct FootprintForecast: Sendable {
    let foundry: ReplicaFoundry
    let logger: Logger

    /// Of all replicas together. A file that cannot be read takes nothing: its worker will say what is wrong with it.
    @concurrent func footprint(of spec: DeploymentSpec) async -> Footprint {
        let one = await single(spec)
        return (1..<max(2, spec.replicas + 1)).dropFirst().reduce(one) { sum, _ in sum + one }
    }

    private func single(_ spec: DeploymentSpec) async -> Footprint {
        switch spec.kind {
        case .remote: return .none
        case .container(let settings):
            if let bytes = settings.memoryMax { return Footprint(host: UInt64(clamping: bytes)) }
            return Footprint(host: bytes(of: await path(settings.model)))
        case .command(let settings):
            return Footprint(host: bytes(of: await path(settings.model)))
        case .engine(let settings):
            let path = await path(settings.model) ?? settings.model
            do {
                let shape = ModelShape(try GGUFFile.read(from: try FileBytes(path: path)))
                let estimate = MemoryEstimate(of: shape, served: request(settings, spec.purpose))
                // Without a prediction the file itself is the least that it takes.
                return estimate.hostBytes > 0 ? estimate.footprint : Footprint(host: bytes(of: path))
            } catch {
                logger.debug("no memory can be predicted", [.error: .error(error), .path: .string(path)])
                return .none
            }
        }
    }

    private func path(_ name: String?) async -> String? {
        await foundry.found(name)?.path
    }

    private func bytes(of path: String?) -> UInt64 {
        var information = stat()
        guard let path, stat(path, &information) == 0 else { return 0 }
        return UInt64(clamping: information.st_size)
    }

    private func request(_ settings: EngineSettings, _ purpose: ModelPurpose) -> MemoryRequest {
        var request = MemoryRequest()
        request.use = MemoryRequest.Use(rawValue: purpose.rawValue) ?? .text
        request.sequenceTokens = settings.contextTokens.map(UInt64.init)
        let parallel = UInt64(settings.parallel ?? 4)
        request.parallel = parallel
        request.cells = settings.contextTokens.map { UInt64($0) * parallel }
        request.batchTokens = UInt64(settings.batchTokens ?? 512)
        request.threads = UInt64(settings.threads ?? 1)
        request.machineBytes = ProcessMemory.machineBytes
        let words = settings.arguments
        func value(_ names: String...) -> String? {
            for (place, word) in words.enumerated() {
                if names.contains(word) { return words.indices.contains(place + 1) ? words[place + 1] : nil }
                if let name = names.first(where: { word.hasPrefix($0 + "=") }) {
                    return String(word.dropFirst(name.count + 1))
                }
            }
            return nil
        }
        if let cells = value("--ctx-size", "-c").flatMap(UInt64.init) { request.cells = cells }
        if let tokens = value("--ctx-seq").flatMap(UInt64.init) { request.sequenceTokens = tokens }
        if let tokens = value("--ubatch-size", "-ub").flatMap(UInt64.init) { request.microBatchTokens = tokens }
        if let type = value("--cache-type-k", "-ctk").flatMap(KVCacheType.init(rawValue:)) { request.keyType = type }
        if let type = value("--cache-type-v", "-ctv").flatMap(KVCacheType.init(rawValue:)) { request.valueType = type }
        if let mode = value("--flash-attn", "-fa").flatMap(MemoryRequest.FlashAttention.init(rawValue:)) {
            request.flashAttention = mode
        }
        if let mebibytes = value("--cache-ram", "-cram").flatMap(UInt64.init) {
            request.prefixCacheBytes = mebibytes << 20
        }
        if words.contains("--no-mmap") { request.loading = .read }
        if words.contains("--mlock") { request.loading = .locked }
        if words.contains("--no-repack") || words.contains("-nr") { request.repacks = false }
        if words.contains("--swa-full") { request.keepsWholeWindow = true }
        return request
    }
}

public import Streaming
import Synchronization

/// Where a streamed response's bytes go.
public struct BodyWriter: Sendable {
    enum Sink {
        case transfer(Transfer)
        case memory(MemorySink)
    }

    let sink: Sink

    /// Hands over `bytes` and returns when there is room for more.
    ///
    /// - Throws: `CancellationError` when the client vanished or the task was cancelled.
    public func write(_ bytes: [UInt8]) async throws {
        switch sink {
        case .transfer(let transfer): try await transfer.write(bytes)
        case .memory(let memory): memory.bytes.withLock { $0.append(contentsOf: bytes) }
        }
    }

    public func write(_ event: ServerSentEvent) async throws { try await write(event.encoded) }

    /// Runs `body` where its bytes are sent: on the server's thread, between its awaits.
    ///
    /// For streams of small pieces: waking one thread for a piece instead of two is what most of its cost is. Everybody's
    /// requests wait meanwhile, so that between two awaits only little may be done.
    ///
    /// - Throws: what `body` throws.
    public func onServerThread(_ body: () async throws -> Void) async rethrows {
        switch sink {
        case .transfer(let transfer):
            try await withTaskExecutorPreference(transfer.executor) { try await body() }
        case .memory: try await body()
        }
    }
}

final class MemorySink: Sendable {
    let bytes = Mutex<[UInt8]>([])
}

extension HTTPResponse {
    /// The whole body in memory, for tests and internal calls. A WebSocket has none.
    public func collectBody() async throws -> [UInt8] {
        switch body {
        case .bytes(let bytes): return bytes
        case .stream(_, let produce):
            let memory = MemorySink()
            try await produce(BodyWriter(sink: .memory(memory)))
            return memory.bytes.withLock { $0 }
        case .file(let region): return try region.read()
        case .webSocket: return []
        }
    }
}

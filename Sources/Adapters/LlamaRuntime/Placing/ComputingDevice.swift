import CLlama
import CLlamaShim

/// Something that can compute: a processor, a GPU, or one on another machine.
public struct ComputingDevice: Sendable, Equatable {
    public let name: String
    public let description: String
    /// The name of its memory for `ModelPlacement.BufferOverride`.
    public let buffer: String
    public let bytesFree: UInt64
    public let bytes: UInt64

    /// All that llama.cpp knows, those of `RPCServers` that were made so far included.
    public static func all() -> [ComputingDevice] {
        llama_backend_init()
        return (0..<nexus_llama_device_count()).compactMap { index in
            var line = [CChar](repeating: 0, count: 1024)
            guard unsafe nexus_llama_device(index, &line, line.count) else { return nil }
            let end = line.firstIndex(of: 0) ?? line.count
            let text = String(decoding: line[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
            let fields = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 5, let free = UInt64(fields[3]), let total = UInt64(fields[4]) else { return nil }
            return ComputingDevice(
                name: fields[0], description: fields[1], buffer: fields[2], bytesFree: free, bytes: total)
        }
    }
}

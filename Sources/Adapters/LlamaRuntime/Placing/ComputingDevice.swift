import CLlama
import CLlamaShim

/// Something that can compute: a processor, a GPU, or one on another machine.
public struct ComputingDevice: Sendable, Equatable {
    public let name: String
    /// What it is; of one on another machine, where.
    public let description: String
    public let bytesFree: UInt64
    public let bytes: UInt64

    /// All that llama.cpp knows.
    ///
    /// - Parameter servers: the workers on other machines that were made so far, for their addresses.
    /// - Returns: the processor's first, as a rule.
    public static func all(_ servers: RPCServers? = nil) -> [ComputingDevice] {
        llama_backend_init()
        return (0..<nexus_llama_device_count()).compactMap { index in
            var line = [CChar](repeating: 0, count: 1024)
            guard unsafe nexus_llama_device(index, &line, line.count) else { return nil }
            let end = line.firstIndex(of: 0) ?? line.count
            let text = String(decoding: line[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
            let fields = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 4, let free = UInt64(fields[2]), let total = UInt64(fields[3]) else { return nil }
            return ComputingDevice(
                name: fields[0], description: servers?.address(behind: fields[1]) ?? fields[1], bytesFree: free,
                bytes: total)
        }
    }
}

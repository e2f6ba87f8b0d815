import CLlama
import CLlamaShim

/// The workers on other machines that a model is spread over. llama.cpp knows their devices for the rest of the process.
public final class RPCServers: Sendable {
    private let links: [(link: RPCLink, devices: Int)]

    /// Asks each worker, and makes its devices known to llama.cpp. Blocks for seconds where one does not answer.
    ///
    /// - Parameters:
    ///   - endpoints: the workers, each once, at most `RPCEndpoint.countMax`.
    ///   - patience: how long one answer may take before a worker counts as gone: the longest step of the model.
    ///   - onLost: called once for each worker that goes while a model is spread over it; may not wait.
    /// - Throws: `rpc`, which names the worker that cannot be used.
    public init(
        _ endpoints: [RPCEndpoint], patience: Duration, onLost: @escaping @Sendable (RPCEndpoint) -> Void
    ) throws(LlamaError) {
        llama_backend_init()
        var links: [(link: RPCLink, devices: Int)] = []
        for endpoint in endpoints {
            let count = try RPCProbe.deviceCount(of: endpoint)
            let link = try RPCLink(to: endpoint, patience: patience, onLost: onLost)
            let added = unsafe nexus_llama_add_rpc_server("127.0.0.1:\(link.port)")
            guard added == count else {
                throw LlamaError(code: .rpc, message: "The RPC worker at \(endpoint) went while it was asked.")
            }
            links.append((link, count))
        }
        self.links = links
    }

    /// A worker that went while it was used.
    public var lost: RPCEndpoint? { links.first { $0.link.isLost }?.link.endpoint }

    /// Whether llama.cpp has no connection to any of them: what was spread over them is freed.
    public var areFree: Bool { links.allSatisfy { !$0.link.isInUse } }

    /// The worker that llama.cpp knows by the address of its link; `nil` for anything else.
    func address(behind link: String) -> String? {
        links.first { "127.0.0.1:\($0.link.port)" == link }?.link.endpoint.description
    }

    /// Throws when a worker went, so that what was just computed is not believed.
    func check() throws(LlamaError) {
        guard let lost else { return }
        throw LlamaError(code: .workerLost, message: "The RPC worker at \(lost) went while it computed.")
    }

    /// Asks each worker that went whether it is back, as it was. Blocks for seconds where one does not answer.
    ///
    /// - Throws: `rpc`, with what is missing; `workerLost` while something that was spread over them is not freed.
    public func renew() throws(LlamaError) {
        for (link, devices) in links where link.isLost {
            let count = try RPCProbe.deviceCount(of: link.endpoint)
            guard count == devices else {
                throw LlamaError(
                    code: .rpc, message: "The RPC worker at \(link.endpoint) has \(count) devices, and had \(devices).")
            }
        }
        guard links.allSatisfy({ !$0.link.isLost || $0.link.renew() }) else {
            throw LlamaError(code: .workerLost, message: "A part of the model that was lost is still in use.")
        }
    }
}

import CLlama
import CLlamaShim
import Foundation

/// This machine's devices, served to llama.cpp on other machines.
public enum RPCWorker {
    /// Serves for the rest of the process, one client at a time.
    ///
    /// What ggml prints on standard output goes to standard error from now on.
    ///
    /// - Parameters:
    ///   - endpoint: an IPv4 address of this machine, and a port that is free.
    ///   - cacheDirectory: where tensors are kept, so that they need not be sent again; `nil` nowhere.
    ///   - threads: threads that compute.
    ///   - devices: names of devices; `nil` is all accelerators, or else the CPU.
    ///   - onEnd: called when it cannot serve, or cannot any more, with the reason.
    /// - Returns: the descriptor that standard output was.
    /// - Throws: `rpc` when it does not come up.
    public static func serve(
        _ endpoint: RPCEndpoint, cacheDirectory: String?, threads: Int, devices: [String]?,
        onEnd: @escaping @Sendable (String) -> Void
    ) throws(LlamaError) -> Int32 {
        llama_backend_init()
        // A client that goes must not end this process.
        _ = signal(SIGPIPE, SIG_IGN)
        let output = nexus_socket_divert_output()
        guard output >= 0 else { throw LlamaError(code: .rpc, message: "standard output cannot be kept apart") }
        let thread = Thread {
            let error = ErrorText()
            unsafe nexus_llama_serve_rpc(
                endpoint.description, cacheDirectory, Int32(threads), devices?.joined(separator: "\n"), error.pointer,
                ErrorText.size)
            onEnd(error.text(or: "it ended"))
        }
        thread.name = "rpc worker"
        thread.start()
        return output
    }

    /// Whether a worker answers there.
    public static func answers(_ endpoint: RPCEndpoint) -> Bool {
        do throws(LlamaError) {
            _ = try RPCProbe.deviceCount(of: endpoint)
            return true
        } catch {
            return false
        }
    }

    /// A port of an IPv4 address of this machine that is free now; `nil` when there is none.
    public static func freePort(of host: String) -> UInt16? {
        let port = unsafe nexus_socket_free_port(host)
        return port > 0 ? port : nil
    }
}

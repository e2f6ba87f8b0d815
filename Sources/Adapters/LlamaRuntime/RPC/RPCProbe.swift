import CLlamaShim
import Glibc

/// Asks a worker whether it is there, speaks our version, and how many devices it has.
enum RPCProbe {
    /// How long each answer may take.
    private static let patience: Int32 = 5_000

    /// Connects, greets, asks and hangs up. Blocks for some seconds at most.
    ///
    /// - Throws: `rpc`, with the worker's address and what is wrong.
    static func deviceCount(of endpoint: RPCEndpoint) throws(LlamaError) -> Int {
        let error = ErrorText()
        let number = unsafe nexus_socket_connect(
            endpoint.host, endpoint.port, RPCRelay.connectTimeout, error.pointer, ErrorText.size)
        guard let socket = Descriptor(number) else {
            throw failure(endpoint, "cannot be reached: \(error.text(or: "no connection"))")
        }
        let greeting = request(.hello, [UInt8](repeating: 0, count: RPCCommand.greetingLength))
        let version = try exchange(greeting, RPCCommand.greetingAnswerLength, socket, endpoint)
        var (major, minor, patch): (UInt8, UInt8, UInt8) = (0, 0, 0)
        unsafe nexus_llama_rpc_version(&major, &minor, &patch)
        guard version[0] == major, version[1] <= minor, major == RPCCommand.majorVersion else {
            throw failure(
                endpoint,
                "speaks version \(version[0]).\(version[1]) of the protocol, and this engine \(major).\(minor)")
        }
        let answer = try exchange(request(.deviceCount, []), 4, socket, endpoint)
        let count = Int(RPCAnswer.number(answer))
        guard (1...64).contains(count) else { throw failure(endpoint, "has no devices") }
        return count
    }

    private static func failure(_ endpoint: RPCEndpoint, _ what: String) -> LlamaError {
        LlamaError(code: .rpc, message: "The RPC worker at \(endpoint) \(what).")
    }

    private static func request(_ command: RPCCommand, _ body: [UInt8]) -> [UInt8] {
        [command.rawValue] + (0..<8).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
    }

    private static func exchange(
        _ request: [UInt8], _ count: Int, _ socket: borrowing Descriptor, _ endpoint: RPCEndpoint
    ) throws(LlamaError) -> [UInt8] {
        let sent = unsafe request.withUnsafeBytes {
            unsafe send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == request.count else { throw failure(endpoint, "hung up") }
        var answer: [UInt8] = []
        while answer.count < 8 + count {
            var polled = [pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)]
            guard unsafe poll(&polled, 1, patience) > 0 else {
                throw failure(
                    endpoint, "does not answer. It serves one engine at a time: does another one use it")
            }
            var piece = [UInt8](repeating: 0, count: 8 + count - answer.count)
            let read = unsafe piece.withUnsafeMutableBytes { unsafe recv(socket.number, $0.baseAddress, $0.count, 0) }
            guard read > 0 else { throw failure(endpoint, "hung up: is it an RPC worker at all") }
            answer += piece.prefix(read)
        }
        guard RPCAnswer.number(answer.prefix(8)) == UInt64(count) else {
            throw failure(endpoint, "answers in another version of the protocol")
        }
        return Array(answer.dropFirst(8))
    }
}

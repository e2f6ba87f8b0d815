import HTTPServing

/// The same routes on several addresses with one port.
struct HTTPServerGroup {
    private let servers: [HTTPServer]
    /// The port that clients are told; `nil` for a socket.
    let port: Int?

    /// Starts the first address, whose port may be any free one, then the others with that port.
    ///
    /// - Throws: what `HTTPServer.start` throws; none is left running then.
    init(starting arguments: EngineArguments, router: Router) async throws {
        let first = HTTPServer(arguments.serverConfiguration, router: router)
        let port = try await first.start()
        var servers = [first]
        do {
            for host in arguments.serving.otherHosts {
                var configuration = arguments.serverConfiguration
                configuration.address = .tcp(host: host, port: port ?? 0)
                let other = HTTPServer(configuration, router: router)
                _ = try await other.start()
                servers.append(other)
            }
        } catch {
            for server in servers { await server.shutdown(deadline: .zero) }
            throw error
        }
        self.servers = servers
        self.port = port
    }

    /// Lets running answers end, all servers at once.
    func shutdown(deadline: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { await server.shutdown(deadline: deadline) } }
        }
    }
}

import HTTPServing

extension EngineArguments {
    /// How the worker's HTTP server listens.
    var serverConfiguration: ServerConfiguration {
        let address: ServerConfiguration.Address =
            switch listener {
            case .tcp(let host, let port): .tcp(host: host, port: port)
            case .unix(let path): .unix(path: path)
            }
        var configuration = ServerConfiguration(address)
        if let timeout = serving.timeout {
            configuration.timeouts.body = timeout
            configuration.timeouts.idle = timeout
        }
        return configuration
    }
}

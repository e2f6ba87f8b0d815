import Configuration
import HTTPFetching
import Launch
import RequestScope
import Telemetry
import Vocabulary

/// Spans of requests, and their way to a collector where one is configured.
struct TracingPart: Sendable {
    let tracer: Tracer
    private let spans = SpanQueue()
    private let configuration: TelemetryConfiguration
    private let client: HTTPClient

    /// - Parameters:
    ///   - configuration: the collector, and which share of traces it gets.
    ///   - client: reaches it.
    init(_ configuration: TelemetryConfiguration, client: HTTPClient) {
        self.configuration = configuration
        self.client = client
        tracer = Tracer.system(sampler: Self.sampler(configuration), queue: spans)
    }

    private static func sampler(_ configuration: TelemetryConfiguration) -> Sampler {
        guard configuration.endpoint != nil else { return .never }
        return configuration.sampling >= 1 ? .always : .ratio(configuration.sampling)
    }

    /// Sends spans until ``finish()``, and what is left then; returns at once without a collector.
    func run() async {
        guard let endpoint = configuration.endpoint else { return }
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        let url = base.hasSuffix(OTLPEncoding.path) ? base : base + OTLPEncoding.path
        var headers: FetchHeaders = ["Content-Type": OTLPEncoding.mediaType]
        for header in configuration.headers { headers.add(header.name, header.value.revealed) }
        let exporter = SpanExporter(
            queue: spans, resource: TelemetryResource(serviceName: "llama-nexus", serviceVersion: productVersion)
        ) { [client, headers] body in
            let response = try await client.fetch(
                FetchRequest(
                    url, method: "POST", headers: headers, body: .bytes(body),
                    timeouts: Timeouts(connect: .seconds(5), firstByte: .seconds(10), total: .seconds(20))))
            _ = try await response.body.collect(upTo: 1 << 20)
            if (400..<500).contains(response.status), response.status != 429 { throw SpanExporter.Refused() }
            if response.status >= 300 { throw ExportFailed(status: response.status) }
        }
        await exporter.run()
    }

    /// No more spans come: ``run()`` sends the last ones and ends.
    func finish() { spans.finish() }
}

private struct ExportFailed: Error { let status: Int }

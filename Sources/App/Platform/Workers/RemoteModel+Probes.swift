import HTTPFetching
import JSONText
import Vocabulary

/// What a server tells of its model.
struct ModelDescription: Sendable, Equatable {
    var contextTokens: Int?
    var modalities = Modalities()
    /// Whether it writes no text.
    var isEncoder = false
}

extension RemoteModel {
    /// Answers to probes are read up to here.
    private static let probeBytesMax = 1 << 20
    private static let probeMax = Timeouts(
        connect: .seconds(2), firstByte: .seconds(5), idle: .seconds(5), total: .seconds(5))

    /// Whether a GET is answered with 200.
    func answers(_ path: String) async -> Bool {
        do {
            let response = try await probe(path)
            _ = try await response.body.collect(upTo: Self.probeBytesMax)
            return response.status == 200
        } catch {
            return false
        }
    }

    /// What `/v1/models` tells of the model; `nil` when the server does not say.
    func described() async -> ModelDescription? {
        do {
            let response = try await probe("/v1/models")
            guard response.status == 200 else { return nil }
            let body = try JSONValue.parse(try await response.body.collect(upTo: Self.probeBytesMax))
            let models = body["data"]?.array ?? []
            guard let model = models.first(where: { $0["id"]?.string == endpoint.modelName }) ?? models.first else {
                return nil
            }
            var description = ModelDescription()
            description.contextTokens = (model["meta"]?["n_ctx"] ?? model["max_model_len"])?.integer.map {
                Int(clamping: $0)
            }
            let inputs = (model["architecture"]?["input_modalities"]?.array ?? []).compactMap(\.string)
            description.modalities = Modalities(
                image: inputs.contains("image"), audio: inputs.contains("audio"))
            let capabilities = (model["capabilities"]?.array ?? []).compactMap(\.string)
            description.isEncoder = capabilities.contains("embedding") && !capabilities.contains("completion")
            return description
        } catch {
            return nil
        }
    }

    private func probe(_ path: String) async throws -> FetchResponse {
        var headers: FetchHeaders = ["Accept": "application/json"]
        if let apiKey = endpoint.apiKey { headers.add("Authorization", "Bearer \(apiKey)") }
        return try await client.fetch(
            FetchRequest(
                endpoint.baseURL + path, headers: headers, unixSocketPath: endpoint.unixSocketPath,
                timeouts: Self.probeMax, allowsPeer: endpoint.allowsPeer))
    }
}

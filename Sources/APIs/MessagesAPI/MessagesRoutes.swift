public import HTTPServing
import JSONText
import OpenAIAPI
import RequestScope
import Streaming
public import Vocabulary

/// Anthropic's Messages API around anything that generates. The header `anthropic-version` may say what it likes.
public struct MessagesRoutes: Sendable {
    private let source: any Generating & TokenCounting
    /// So long a silence is broken with a `ping`, so that proxies keep the connection open.
    private static let keepAlive = HTTPResponse.KeepAlive(
        interval: .seconds(15), bytes: MessageEncoder.ping().encoded)

    /// - Parameter source: what answers.
    public init(_ source: any Generating & TokenCounting) { self.source = source }

    public var routes: [Route] {
        [
            // Reading a long prompt is work; it must not hold up the server's thread.
            Route(.post, "/v1/messages", MessagesSchemas.create, execution: .bySize) { request in
                var response = try await respond(to: try await read(request, for: .answer))
                response.headers["request-id"] = request.id.text
                return response
            },
            Route(.post, "/v1/messages/count_tokens", MessagesSchemas.count, execution: .concurrent) { request in
                let count = try await source.countTokens(of: try await read(request, for: .count).generation)
                return .json(["input_tokens": .whole(count)], headers: ["request-id": request.id.text])
            },
        ]
    }

    private func read(_ request: HTTPRequest, for purpose: MessageRequest.Purpose) async throws -> MessageRequest {
        let scheduling = try NexusFields.scheduling(request.headers)
        return try MessageRequest(
            try await request.body.collect(), id: request.id, for: purpose, scheduling: scheduling)
    }

    private func respond(to asked: MessageRequest) async throws -> HTTPResponse {
        let request = asked.reportingLoading
        let model = await source.servedName(for: request.generation.model)
        let stream = try await source.generate(request.generation)
        guard request.isStreaming else {
            let answer = try await CollectedAnswer(collecting: stream)
            return .json(MessageFrame(request, model: model).whole(answer, warnings: request.warnings))
        }
        var response = HTTPResponse.events { writer in
            var encoder = MessageEncoder(request, model: model)
            try await writer.onServerThread { try await encoder.write(stream, to: writer) }
        }
        if case .stream(_, let produce) = response.body {
            response.body = .stream(keepAlive: Self.keepAlive, produce)
        }
        return response
    }
}

extension MessageRequest {
    /// The request, whose answer may begin with what it waits for where it is read as a stream.
    fileprivate var reportingLoading: Self {
        var copy = self
        copy.generation.scheduling.reportsLoading = isStreaming
        return copy
    }
}

import Gateway
import HTTPFetching
import HTTPServing
import Hosting
import LlamaServerAPI
import Vocabulary

/// Passes requests to workers' own endpoints on, by the way that all requests take: the deployment is found by its name,
/// loaded if it has to be, and held until the answer is written.
struct WorkerRelay: WorkerRelaying {
    let gateway: ModelGateway
    let routing: RoutedService
    let desk: AdmissionDesk

    func relay(_ call: RelayedCall) async throws -> HTTPResponse {
        let deployment = try await find(call.model)
        try await check(call, deployment)
        AnswerNotes.current?.note(model: deployment.name)
        let admitted = try await admit(call, deployment)
        let wish = gateway.wish(SchedulingOptions(), affinity: nil) { _ in }
        do {
            // The one place where such requests are counted.
            let (response, holding) = try await gateway.measures.measureReading(
                call.id, model: deployment.id, operation: call.operation
            ) {
                try await gateway.ask(deployment, wish) { try await $0.forward(call) }
            } tokens: { _ in
                0
            }
            admitted?.finished()
            return HTTPResponse(
                headers: ["Content-Type": response.headers["Content-Type"] ?? "application/json"],
                body: .stream { writer in
                    for try await chunk in response.body { try await writer.write(chunk) }
                    // Until here it must neither be ended nor leave memory.
                    withExtendedLifetime(holding) {}
                })
        } catch {
            admitted?.failed(error)
            throw error
        }
    }

    /// Holds a caller to its limits of requests and of what is read, by the name that was asked. It costs nothing: no model
    /// computes anything.
    private func admit(_ call: RelayedCall, _ deployment: Deployment) async throws -> AdmittedRequest? {
        guard !call.isAdministration else { return nil }
        return try await desk.admit(
            AdmissionDesk.Order(
                id: call.id, model: call.model.name.isEmpty ? deployment.name : call.model.name,
                estimate: TokenEstimate(bytes: call.body.count, messages: 0), outputMax: 0, isFree: true),
            Principal.current ?? .open)
    }

    /// The deployment of that name, or the one that a route of that name asks first.
    private func find(_ asked: ModelID) async throws -> Deployment {
        let name = await routing.servedName(for: asked).name
        if let found = routing.deployments.find(name) { return found }
        if let target = routing.book.table.routes[name]?.targets.first,
            let found = routing.deployments.find(target.model)
        {
            return found
        }
        throw ServiceError(
            .modelNotFound,
            asked.name.isEmpty ? "There is no default model." : "The model '\(asked)' is not served here.",
            hint: "GET /v1/models lists those that are.", parameter: "model")
    }

    private func check(_ call: RelayedCall, _ deployment: Deployment) async throws {
        guard (Principal.current ?? .open).allows(model: deployment.name) else {
            throw ServiceError(
                .forbidden, "You may not ask '\(deployment.name)'.", hint: "Ask an administrator.", parameter: "model")
        }
        let spec = await deployment.active.spec
        guard spec.kind.isLocal else {
            throw ServiceError(
                .unsupported, "'\(deployment.name)' is served elsewhere; this endpoint is a worker's of this machine.",
                hint: "Ask that server.", parameter: "model")
        }
        // Only one of them would be changed, and nobody could tell which.
        guard !call.changes || spec.replicas == 1 else {
            throw ServiceError(
                .conflict, "'\(deployment.name)' has \(spec.replicas) equal servers, of which this would change one.",
                hint: "Scale it to one, or name adapters in each request ('lora').", parameter: "model")
        }
        guard call.wakes else {
            switch await deployment.stage() {
            case .ready, .switching: return
            default:
                throw ServiceError(
                    .modelUnavailable, "'\(deployment.name)' is not in memory.",
                    hint: "A request to it loads it; this one only looks.", parameter: "model")
            }
        }
    }
}

extension RemoteModel {
    /// Sends a request to one of the server's own endpoints as it is.
    ///
    /// - Returns: the answer, where it is one.
    /// - Throws: `ServiceError` when the server refuses or cannot be reached.
    func forward(_ call: RelayedCall) async throws -> FetchResponse {
        let isBodiless = call.method == .get || call.method == .delete
        return try await send(
            FetchRequest(
                endpoint.baseURL + call.path + call.query, method: call.method.rawValue,
                headers: headers(id: call.id, accepting: "application/json"),
                body: isBodiless ? .none : .bytes(call.body), unixSocketPath: endpoint.unixSocketPath,
                timeouts: Timeouts(connect: .seconds(5), firstByte: endpoint.idleMax, idle: endpoint.idleMax),
                allowsPeer: endpoint.allowsPeer))
    }
}

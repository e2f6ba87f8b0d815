import HTTPFetching
import Hosting
import JSONText
import Vocabulary

/// The Docker Engine over its Unix socket: as much of its API as one container needs.
///
/// Source: Docker Engine API v1.43, sections Container and System.
struct DockerEngine: Sendable {
    static let version = "/v1.43"
    private static let answerBytesMax = 1 << 20

    let socketPath: String
    let client: HTTPClient

    /// How a container fares.
    struct Inspection: Sendable, Equatable {
        var isRunning: Bool
        var exitCode: Int?
        /// On this machine.
        var hostPort: Int?
        var processID: Int32?
    }

    /// Makes a container that listens on a port of this machine which the engine chooses.
    ///
    /// - Parameters:
    ///   - settings: image, command and limits.
    ///   - name: of the deployment, as a label, so that it is found again.
    /// - Returns: its id.
    /// - Throws: `ServiceError` with what the engine says, such as that there is no such image.
    func create(_ settings: ContainerSettings, name: String) async throws -> String {
        let port = "\(settings.port)/tcp"
        var host: JSONObject = [
            "PortBindings": .object([port: [["HostIp": "127.0.0.1", "HostPort": ""]]]),
            "Binds": .array(settings.binds.map(JSONValue.string)),
        ]
        host["Memory"] = settings.memoryMax.map(JSONValue.integer)
        if settings.usesGPUs {
            host["DeviceRequests"] = [["Driver": "nvidia", "Count": -1, "Capabilities": [["gpu"]]]]
        }
        var body: JSONObject = [
            "Image": .string(settings.image), "ExposedPorts": .object([port: [:]]), "HostConfig": .object(host),
            "Env": .array(settings.environment.sorted { $0.key < $1.key }.map { .string("\($0.key)=\($0.value)") }),
            "Labels": ["org.llama-nexus.deployment": .string(name)],
        ]
        if !settings.command.isEmpty { body["Cmd"] = .array(settings.command.map(JSONValue.string)) }
        let answer = try await ask("POST", "/containers/create", body: .object(body), taking: [201])
        guard let id = answer["Id"]?.string, !id.isEmpty, id.allSatisfy(\.isHexDigit) else {
            throw ServiceError(.engineFailed, "The Docker Engine made a container and did not tell its id.")
        }
        return id
    }

    func start(_ id: String) async throws { _ = try await ask("POST", "/containers/\(id)/start", taking: [204, 304]) }

    /// Ends a container, by force after a grace.
    func stop(_ id: String, grace: Duration) async throws {
        let seconds = max(0, grace.components.seconds)
        _ = try await ask("POST", "/containers/\(id)/stop?t=\(seconds)", taking: [204, 304, 404])
    }

    func remove(_ id: String) async throws {
        _ = try await ask("DELETE", "/containers/\(id)?force=1&v=1", taking: [204, 404])
    }

    func inspect(_ id: String, port: Int) async throws -> Inspection {
        let answer = try await ask("GET", "/containers/\(id)/json", taking: [200])
        let state = answer["State"]
        let binding = answer["NetworkSettings"]?["Ports"]?["\(port)/tcp"]?[0]
        return Inspection(
            isRunning: state?["Running"]?.bool ?? false,
            exitCode: state?["ExitCode"]?.integer.map { Int(clamping: $0) },
            hostPort: binding?["HostPort"]?.string.flatMap(Int.init),
            processID: state?["Pid"]?.integer.flatMap { $0 > 0 ? Int32(clamping: $0) : nil })
    }

    /// Ids of containers that an earlier run of the platform left behind for a deployment.
    func left(of name: String) async throws -> [String] {
        let filter: JSONValue = ["label": [.string("org.llama-nexus.deployment=\(name)")]]
        let path = "/containers/json?all=1&filters=" + AdminClient.escaped(filter.text)
        return (try await ask("GET", path, taking: [200]).array ?? []).compactMap { $0["Id"]?.string }
    }

    /// What the container writes, as it comes.
    func logs(_ id: String) async throws -> ResponseBody {
        let response = try await fetch(
            "GET", "/containers/\(id)/logs?follow=1&stdout=1&stderr=1", body: nil,
            timeouts: Timeouts(connect: .seconds(5), firstByte: .seconds(30), idle: nil))
        guard response.status == 200 else {
            throw ServiceError(.engineFailed, "The Docker Engine gives no log (status \(response.status)).")
        }
        return response.body
    }

    private func ask(
        _ method: String, _ path: String, body: JSONValue? = nil, taking statuses: Set<Int>
    ) async throws -> JSONValue {
        let response = try await fetch(
            method, path, body: body,
            timeouts: Timeouts(connect: .seconds(5), firstByte: .seconds(120), total: .seconds(180)))
        let bytes = try await response.body.collect(upTo: Self.answerBytesMax)
        let answer = bytes.isEmpty ? JSONValue.null : (try JSONValue.parse(bytes))
        guard statuses.contains(response.status) else {
            throw ServiceError(
                .modelUnavailable,
                "The Docker Engine refuses: \(answer["message"]?.string ?? "status \(response.status)").",
                hint: "Is the image there? `docker pull` gets it.")
        }
        return answer
    }

    private func fetch(
        _ method: String, _ path: String, body: JSONValue?, timeouts: Timeouts
    ) async throws -> FetchResponse {
        let request = FetchRequest(
            "http://docker" + Self.version + path, method: method,
            headers: body == nil ? [:] : ["Content-Type": "application/json"],
            body: body.map { .bytes($0.bytes) } ?? .none, unixSocketPath: socketPath, timeouts: timeouts)
        do throws(FetchError) {
            return try await client.fetch(request)
        } catch {
            guard error.code == .connect else { throw error }
            throw ServiceError(
                .modelUnavailable, "The Docker Engine does not answer on \(socketPath).",
                hint: "Is it running, and may this user use it? hosting.dockerSocket names another socket.",
                detail: String(reflecting: error))
        }
    }
}

public import HTTPServing
public import Hardware
import JSONText

/// Which engines this machine has: `GET /api/v1/engines`.
public struct EngineListRoutes: Sendable {
    private let engines: @Sendable () async -> [InstalledEngine]

    /// - Parameter engines: all that there are, broken ones with the reason.
    public init(engines: @escaping @Sendable () async -> [InstalledEngine]) { self.engines = engines }

    public var routes: [Route] {
        let description = RouteDescription(
            operation: "listEngines", summary: "Programs that can run models here, with their llama.cpp build.",
            tags: ["hardware"], responses: [.init(.ok, nil, .json(HardwareShapes.engines))], permission: "hardware.read"
        )
        return [
            Route(.get, "/api/v1/engines", description) { _ in
                .json(["engines": .array(await engines().map(\.json))])
            }
        ]
    }
}

extension InstalledEngine {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "origin": .string(origin.rawValue), "program": .string(program),
            "libraries": .text(libraries), "default": .bool(name == EngineSelection.ownName),
        ]
        switch condition {
        case .broken(let reason):
            object["works"] = false
            object["reason"] = .string(reason)
        case .works(let build):
            object["works"] = true
            object["build"] = [
                "kind": .string(build.kind.rawValue), "version": .string(build.version),
                "llama_cpp": .text(build.llamaVersion), "ggml": .text(build.ggmlVersion), "commit": .text(build.commit),
                "features": .array(build.features.map(JSONValue.string)),
                "devices": .array(build.devices.map(JSONValue.string)),
            ]
        }
        return .object(object)
    }
}

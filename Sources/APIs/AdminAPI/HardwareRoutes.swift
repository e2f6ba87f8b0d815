public import HTTPServing
public import Hardware
import JSONText

/// What this machine has: `GET /api/v1/hardware`.
public struct HardwareRoutes: Sendable {
    private let machine: @Sendable (_ isFresh: Bool) async -> Machine

    /// - Parameter machine: looks at the machine; again when it is told to.
    public init(machine: @escaping @Sendable (_ isFresh: Bool) async -> Machine) { self.machine = machine }

    public var routes: [Route] {
        let description = RouteDescription(
            operation: "getHardware",
            summary: "Processor, memory, limits, disk and GPUs of this machine, and what could not be found.",
            tags: ["hardware"],
            parameters: [
                .init(
                    "refresh", in: .query,
                    summary: "Whether to look again instead of telling what was seen shortly before.",
                    schema: ["type": "boolean", "default": false])
            ],
            responses: [.init(.ok, nil, .json(HardwareShapes.machine)), .init(.badRequest)], permission: "hardware.read"
        )
        return [
            Route(.get, "/api/v1/hardware", description) { request in
                .json(await machine(try request.query.bool("refresh") ?? false).json)
            }
        ]
    }
}

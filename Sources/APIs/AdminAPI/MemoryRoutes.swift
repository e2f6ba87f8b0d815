public import HTTPServing
import Hosting
import JSONText
import RequestScope
import Vocabulary

/// Memory: who takes it, what a model would take, and which models should be there: `/api/v1/memory`.
public struct MemoryRoutes: Sendable {
    private let memory: any MemoryPlanning

    public init(_ memory: any MemoryPlanning) { self.memory = memory }

    public var routes: [Route] {
        [
            Route(.get, "/api/v1/memory", Self.plan) { _ in .json(await memory.status().json) },
            Route(.post, "/api/v1/memory/estimate", Self.estimate, bodyBytesMax: 256 << 10) { request in
                let question: MemoryQuestion
                do {
                    question = try MemoryQuestion(try JSONField.body(try await request.body.collect()))
                } catch {
                    throw ServiceError(reading: error)
                }
                return .json(try await memory.predict(question).json)
            },
            Route(.get, "/api/v1/memory/preloading", Self.preloading) { _ in .json(await memory.preloading().json) },
            Route(.put, "/api/v1/memory/preloading", Self.schedule, bodyBytesMax: 256 << 10) { request in
                let schedules: [PreloadSchedule]
                do {
                    schedules = try PreloadSchedule.list(try JSONField.body(try await request.body.collect()))
                } catch {
                    throw ServiceError(reading: error)
                }
                try await memory.schedule(schedules)
                return .json(await memory.preloading().json)
            },
        ]
    }

    private static let plan = RouteDescription(
        operation: "getMemory",
        summary:
            "This machine's memory: budgets, what each model is predicted and measured to take, who would leave next.",
        tags: ["memory"], responses: [.init(.ok, nil, .json(MemoryShapes.plan))], permission: "hardware.read")

    private static let estimate = RouteDescription(
        operation: "estimateMemory",
        summary:
            "What a model would take with these settings, part by part, each with its formula, and whether it fits.",
        tags: ["memory"], requestBodies: [.json(MemoryQuestion.schema)],
        responses: [.init(.ok, nil, .json(MemoryShapes.prediction)), .init(.badRequest), .init(.notFound)],
        permission: "models.read")

    private static let schedule = RouteDescription(
        operation: "setPreloading",
        summary:
            "At which times of the week models are to be loaded, by the server's clock; replaces what was said before.",
        tags: ["memory"], requestBodies: [.json(PreloadSchedule.schema)],
        responses: [.init(.ok, nil, .json(MemoryShapes.preloading)), .init(.badRequest)], permission: "models.write")

    private static let preloading = RouteDescription(
        operation: "getPreloading",
        summary: "In which hours of the week models are used, as learned, and which should be loaded now.",
        tags: ["memory"], responses: [.init(.ok, nil, .json(MemoryShapes.preloading))], permission: "models.read")
}

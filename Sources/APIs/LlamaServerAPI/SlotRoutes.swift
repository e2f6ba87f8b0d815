public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// `POST /slots/{id}?action=save|restore|erase`.
///
/// Source of the shapes: `tools/server/README.md` of llama.cpp.
public struct SlotRoutes: Sendable {
    private let slots: (any SlotStoring)?

    /// - Parameter slots: keeps what slots hold; `nil` where nobody said where, or where there are no slots.
    public init(_ slots: (any SlotStoring)?) { self.slots = slots }

    public var routes: [Route] {
        [
            Route(.post, "/slots/{id}", EngineSchemas.slotAction) { request in
                guard let slots else {
                    throw ServiceError(
                        .notSupported, "This server does not support slots action.",
                        hint: "Start it with `--slot-save-path`.", parameter: "action")
                }
                let slot = try Self.slot(request.parameters.string("id"))
                switch try request.query["action"] {
                case "save": return try await save(slot, try await request.body.collect(), slots)
                case "restore": return try await restore(slot, try await request.body.collect(), slots)
                case "erase":
                    let count = try await slots.erase(slot: slot)
                    return .json(["id_slot": .whole(slot), "n_erased": .whole(count)])
                default:
                    throw ServiceError(
                        .invalidValue, "The action must be save, restore or erase.", parameter: "action")
                }
            }
        ]
    }

    private func save(_ slot: Int, _ body: [UInt8], _ slots: any SlotStoring) async throws -> HTTPResponse {
        let report = try await slots.save(slot: slot, to: try Self.fileName(body))
        return .json([
            "id_slot": .whole(slot), "filename": .string(report.file), "n_saved": .whole(report.tokens),
            "n_written": .whole(report.bytes),
            "timings": ["save_ms": .number(report.elapsed.milliseconds)],
        ])
    }

    private func restore(_ slot: Int, _ body: [UInt8], _ slots: any SlotStoring) async throws -> HTTPResponse {
        let report = try await slots.restore(slot: slot, from: try Self.fileName(body))
        return .json([
            "id_slot": .whole(slot), "filename": .string(report.file), "n_restored": .whole(report.tokens),
            "n_read": .whole(report.bytes),
            "timings": ["restore_ms": .number(report.elapsed.milliseconds)],
        ])
    }

    private static func slot(_ text: String) throws(ServiceError) -> Int {
        // The one way to write each number.
        guard let slot = Int(text), slot >= 0, String(slot) == text else {
            throw ServiceError(
                .invalidValue, "'\(text.prefix(40))' is no slot; GET /slots lists them.", parameter: "id_slot")
        }
        return slot
    }

    private static func fileName(_ body: [UInt8]) throws(ServiceError) -> String {
        do {
            return try JSONField.body(body).required("filename").string()
        } catch {
            throw ServiceError(reading: error)
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Double { self / .milliseconds(1) }
}

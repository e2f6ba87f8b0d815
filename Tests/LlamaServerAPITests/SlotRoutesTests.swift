import HTTPServing
import JSONText
import RequestScope
import Testing
import Vocabulary

@testable import LlamaServerAPI

@Suite struct SlotRoutesTests {
    private func send(
        _ target: String, _ body: String = "", slots: (any SlotStoring)? = ScriptedSlots()
    ) async throws -> JSONValue {
        var router = Router()
        for route in SlotRoutes(slots).routes { router.add(route) }
        router.onError = { error, _ in
            let wire = WireError(ServiceError(reading: error), requestID: nil)
            return .json(wire.body, status: HTTPStatus(rawValue: wire.status))
        }
        let response = await router.respond(to: HTTPRequest(.post, target, body: Array(body.utf8)))
        let value = try JSONValue.parse(try await response.collectBody())
        return response.status == .ok ? value : ["status": .whole(response.status.rawValue), "body": value]
    }

    @Test func `the answers are llama-server's`() async throws {
        #expect(
            try await send("/slots/1?action=save", #"{"filename":"a.bin"}"#) == [
                "id_slot": 1, "filename": "a.bin", "n_saved": 84, "n_written": 1000, "timings": ["save_ms": 1.5],
            ])
        #expect(
            try await send("/slots/0?action=restore", #"{"filename":"a.bin"}"#) == [
                "id_slot": 0, "filename": "a.bin", "n_restored": 84, "n_read": 1000, "timings": ["restore_ms": 1.5],
            ])
        #expect(try await send("/slots/3?action=erase") == ["id_slot": 3, "n_erased": 7])
    }

    @Test(arguments: [
        ("/slots/1", "", "action"), ("/slots/1?action=", "", "action"), ("/slots/1?action=copy", "", "action"),
        ("/slots/x?action=erase", "", "id_slot"), ("/slots/-1?action=erase", "", "id_slot"),
        ("/slots/01?action=erase", "", "id_slot"), ("/slots/99999999999999999999?action=erase", "", "id_slot"),
        ("/slots/1?action=save", "{}", "filename"), ("/slots/1?action=save", #"{"filename":7}"#, "filename"),
        ("/slots/1?action=restore", #"{"filename":null}"#, "filename"),
    ])
    func `what is wrong is named`(target: String, body: String, parameter: String) async throws {
        let answer = try await send(target, body)
        #expect(answer["status"] == 400)
        #expect(answer["body"]?["error"]?["param"] == .string(parameter))
    }

    @Test func `a body that is no object is refused`() async throws {
        for body in ["", "[]", "{"] { #expect(try await send("/slots/1?action=save", body)["status"] == 400) }
    }

    @Test func `where there is no place for files that is said`() async throws {
        let answer = try await send("/slots/1?action=erase", slots: nil)
        #expect(answer["status"] == 501)
        #expect(answer["body"]?["error"]?["message"]?.text.contains("--slot-save-path") == true)
    }
}

private struct ScriptedSlots: SlotStoring {
    private func report(_ file: String) -> SlotFileReport {
        SlotFileReport(file: file, tokens: 84, bytes: 1_000, elapsed: .microseconds(1_500))
    }
    func save(slot: Int, to file: String) async throws(ServiceError) -> SlotFileReport { report(file) }
    func restore(slot: Int, from file: String) async throws(ServiceError) -> SlotFileReport { report(file) }
    func erase(slot: Int) async throws(ServiceError) -> Int { 7 }
}

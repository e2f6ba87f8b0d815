import Conversations
import JSONText
import Records
import Storage
import Testing
import Vocabulary

@Suite struct ResponseRecordsTests {
    private let ann = DataOwner(tenant: TenantID("t"), user: UserID("usr_ann"))
    /// The same name in another tenant is somebody else.
    private let other = DataOwner(tenant: TenantID("u"), user: UserID("usr_ann"))

    private func withRecords(
        _ backend: Backend, _ body: (ResponseRecords, StoredConversationRecords) async throws -> Void
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(ResponseRecords(database, now: { 77 }), StoredConversationRecords(database, now: { 77 }))
        }
    }

    private func response(
        _ id: String, _ status: StoredResponse.Status = .completed, after previous: String? = nil, created: Int64 = 5
    ) -> StoredResponse {
        var response = StoredResponse(
            id: id, owner: ann, created: created, status: status,
            input: [["id": .string("i_\(id)"), "text": "a \"b\" \u{0} ü"]],
            body: ["id": .string(id), "output": [["o": 1]]])
        response.previous = previous
        return response
    }

    @Test(arguments: Backend.allCases) func `a response comes back to its owner, and to nobody else`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            var kept = response("resp_1", after: "resp_0")
            (kept.isBackground, kept.writer, kept.conversation) = (true, "w", "conv_1")
            try await records.add(kept)
            #expect(try await records.response("resp_1", of: ann) == kept)
            #expect(try await records.response("resp_1", of: other) == nil)
            #expect(try await records.chain(to: "resp_1", of: other).isEmpty)
            #expect(try await !records.update("resp_1", of: other, by: "w", status: .failed, body: [:], appending: []))
            #expect(try await !records.remove("resp_1", of: other))
            #expect(try await records.remove("resp_1", of: ann))
            #expect(try await records.response("resp_1", of: ann) == nil)
            #expect(try await !records.remove("resp_1", of: ann))
        }
    }

    @Test(arguments: Backend.allCases) func `a chain is told from its beginning, as far as it is there`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            for number in 1...5 {
                try await records.add(response("resp_\(number)", after: number == 1 ? nil : "resp_\(number - 1)"))
            }
            let whole = try await records.chain(to: "resp_4", of: ann).map(\.id)
            #expect(whole == ["resp_1", "resp_2", "resp_3", "resp_4"])
            _ = try await records.remove("resp_2", of: ann)
            let rest = try await records.chain(to: "resp_5", of: ann)
            #expect(rest.map(\.id) == ["resp_3", "resp_4", "resp_5"] && rest.first?.previous == "resp_2")
        }
    }

    @Test(arguments: Backend.allCases) func `a chain is bounded in bytes`(backend: Backend) async throws {
        try await withRecords(backend) { records, _ in
            for number in 1...5 {
                var large = response("resp_\(number)", after: number == 1 ? nil : "resp_\(number - 1)")
                large.body["output"] = [.string(String(repeating: "x", count: StoredResponse.chainBytesMax / 4))]
                try await records.add(large)
            }
            #expect(try await records.chain(to: "resp_3", of: ann).count == 3)
            await #expect(throws: ServiceError.self) { _ = try await records.chain(to: "resp_5", of: ann) }
        }
    }

    @Test(arguments: Backend.allCases) func `only what is not finished changes`(backend: Backend) async throws {
        try await withRecords(backend) { records, conversations in
            let conversation = StoredConversation(id: "conv_1", owner: ann, created: 1, metadata: [:])
            try await conversations.add(conversation, items: [])
            var begun = response("resp_1", .queued)
            (begun.writer, begun.conversation) = ("w", "conv_1")
            try await records.add(begun)
            #expect(
                try await records.update("resp_1", of: ann, by: "w", status: .inProgress, body: ["a": 1], appending: [])
            )
            try await records.touch(writer: "w", at: 99)
            #expect(try await records.response("resp_1", of: ann)?.touched == 99)
            let item: JSONValue = ["id": "msg_1"]
            #expect(
                try await records.update(
                    "resp_1", of: ann, by: "w", status: .completed, body: ["b": 2], appending: [item]))
            #expect(try await conversations.items(of: "conv_1", ann) == [item])
            #expect(
                try await !records.update("resp_1", of: ann, by: "w", status: .failed, body: [:], appending: [item]))
            let found = try #require(try await records.response("resp_1", of: ann))
            #expect(found.status == .completed && found.body == ["b": 2])
            try await records.touch(writer: "w", at: 200)
            #expect(try await records.response("resp_1", of: ann)?.touched == 77)
        }
    }

    @Test(arguments: Backend.allCases) func `one of those who try takes over what another wrote`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            var begun = response("resp_1", .inProgress)
            (begun.writer, begun.pending) = ("dead", ["body": "x"])
            try await records.add(begun)
            try await records.add(response("resp_2"))
            let lease = ResponseLease(id: "resp_1", owner: ann, writer: "dead", touched: 5)
            #expect(try await records.unfinished(beside: "me", countMax: 10) == [lease])
            #expect(try await records.unfinished(beside: "dead", countMax: 10).isEmpty)
            let winners = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<8 {
                    group.addTask { try await records.claim(lease, by: "w\(number)", at: 50) ? "w\(number)" : nil }
                }
                return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
            }
            #expect(winners.count == 1)
            let found = try #require(try await records.response("resp_1", of: ann))
            #expect(found.writer == winners.first && found.attempts == 1 && found.touched == 50)
            #expect(found.pending == ["body": "x"])
            // Whoever lost it writes nothing of it.
            #expect(
                try await !records.update("resp_1", of: ann, by: "dead", status: .completed, body: [:], appending: []))
            #expect(
                try await records.update(
                    "resp_1", of: ann, by: winners[0], status: .completed, body: ["a": 1], appending: []))
            #expect(try await records.response("resp_1", of: ann)?.pending == nil)
            let next = ResponseLease(id: "resp_1", owner: ann, writer: winners[0], touched: 77)
            #expect(try await !records.claim(next, by: "late", at: 99))
        }
    }

    @Test(arguments: Backend.allCases) func `the old and the many go`(backend: Backend) async throws {
        try await withRecords(backend) { records, _ in
            for number in 1...6 { try await records.add(response("resp_\(number)", created: Int64(number) * 10)) }
            try await records.trim(before: 25, keeping: 3)
            var left: [Int] = []
            for number in 1...6 where try await records.response("resp_\(number)", of: ann) != nil {
                left.append(number)
            }
            #expect(left == [4, 5, 6])
        }
    }

    @Test(arguments: Backend.allCases) func `a conversation keeps its items in order, for its owner`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { _, records in
            let kept = StoredConversation(id: "conv_1", owner: ann, created: 3, metadata: ["a": "b"])
            func item(_ number: Int) -> JSONValue { ["id": .string("msg_\(number)"), "text": "\u{0}ü"] }
            try await records.add(kept, items: [item(1), item(2)])
            #expect(try await records.conversation("conv_1", of: ann) == kept)
            #expect(try await records.append([item(3)], to: "conv_1", of: ann))
            #expect(try await records.removeItem("msg_2", from: "conv_1", of: ann))
            #expect(try await !records.removeItem("msg_2", from: "conv_1", of: ann))
            #expect(try await records.append([item(4)], to: "conv_1", of: ann))
            #expect(try await records.items(of: "conv_1", ann) == [item(1), item(3), item(4)])
            #expect(try await records.change("conv_1", of: ann, metadata: ["c": "d"]))
            #expect(try await records.conversation("conv_1", of: ann)?.metadata == ["c": "d"])
            // Of others' conversations nothing is seen and nothing is changed.
            #expect(try await records.conversation("conv_1", of: other) == nil)
            #expect(try await records.items(of: "conv_1", other) == nil)
            #expect(try await !records.append([item(5)], to: "conv_1", of: other))
            #expect(try await !records.change("conv_1", of: other, metadata: [:]))
            #expect(try await !records.removeItem("msg_1", from: "conv_1", of: other))
            #expect(try await !records.removeConversation("conv_1", of: other))
            #expect(try await records.removeConversation("conv_1", of: ann))
            #expect(try await records.items(of: "conv_1", ann) == nil)
        }
    }

    @Test(arguments: Backend.allCases) func `a conversation is bounded`(backend: Backend) async throws {
        try await withRecords(backend) { _, records in
            let kept = StoredConversation(id: "conv_1", owner: ann, created: 3, metadata: [:])
            try await records.add(kept, items: [])
            let items = (0..<StoredConversation.itemsMax).map { JSONValue.object(["id": .string("m\($0)")]) }
            #expect(try await records.append(items, to: "conv_1", of: ann))
            await #expect(throws: ServiceError.self) {
                _ = try await records.append([["id": "x"]], to: "conv_1", of: ann)
            }
            #expect(try await records.items(of: "conv_1", ann)?.count == StoredConversation.itemsMax)
        }
    }
}

import TestRandomness
import Testing

@testable import LlamaRuntime

@Suite struct RPCConversationTests {
    /// A request as ggml writes it.
    private func request(_ command: UInt8, _ body: [UInt8] = []) -> [UInt8] {
        [command] + (0..<8).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
    }

    private func answer(_ body: [UInt8]) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
    }

    /// GET_TENSOR of so many bytes: a tensor, an offset, a size.
    private func getTensor(_ size: Int) -> [UInt8] {
        request(8, [UInt8](repeating: 7, count: 304) + (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) })
    }

    @Test func `requests are found whatever pieces they come in`() {
        let bytes =
            request(6, [UInt8](repeating: 8, count: 1000)) + getTensor(5000) + request(15) + request(10, [1, 2])
            + request(2, [0, 0, 0, 0])
        var random = SeededRandom(seed: 4)
        for _ in 0..<50 {
            var reader = RPCRequestReader()
            var lengths: [Int] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = rest.prefix(Int.random(in: 1...400, using: &random))
                lengths += reader.read(part).map(\.length)
                rest = rest.dropFirst(part.count)
            }
            #expect(lengths == [5000, 4, 8] && reader.isBetweenRequests)
        }
    }

    @Test func `what the worker answers is handed on`() {
        var conversation = RPCConversation()
        conversation.sent((getTensor(3) + request(15))[...])
        #expect(conversation.awaitsAnswer)
        #expect(conversation.received((answer([1, 2, 3]) + answer([1, 0, 0, 0]))[...]) == 23)
        #expect(!conversation.awaitsAnswer && conversation.standIn(countMax: 100).isEmpty)
    }

    @Test func `an answer in another length, or to nothing, is not handed on`() {
        var conversation = RPCConversation()
        #expect(conversation.received(answer([1])[...]) == 0)
        conversation.sent(getTensor(300)[...])
        #expect(conversation.received(answer([1])[...]) == 0, "the first byte of the length differs")
        #expect(conversation.standIn(countMax: 1 << 20) == answer([UInt8](repeating: 0, count: 300)))
    }

    @Test func `when the worker goes, ggml gets the rest of each answer in the right length`() {
        for delivered in 0...11 {
            var conversation = RPCConversation()
            conversation.sent((getTensor(3) + request(3, [UInt8](repeating: 0, count: 8)))[...])
            let begun = answer([9, 9, 9]).prefix(delivered)
            #expect(conversation.received(begun) == delivered)
            // And what is asked afterwards.
            conversation.sent((request(16, [0, 0, 0, 0]) + getTensor(70_000))[...])
            var all = Array(begun)
            while conversation.awaitsAnswer { all += conversation.standIn(countMax: 1000) }
            let expected =
                answer(
                    Array([9, 9, 9].prefix(max(0, delivered - 8)))
                        + [UInt8](repeating: 0, count: min(3, 11 - delivered)))
                + answer([0, 0x10, 0, 0, 0, 0, 0, 0]) + answer([UInt8](repeating: 0, count: 70_000))
            #expect(all == expected)
        }
    }

    @Test func `what stands in is what ggml can bear`() {
        func standIn(_ command: UInt8) -> [UInt8]? { RPCAnswer(to: command, tail: []).map { $0.standIn } }
        #expect(standIn(0) == [], "a null buffer is reported as too little memory")
        #expect(standIn(1) == [0, 1] && standIn(3) == [0, 0x10] && standIn(14) == [RPCCommand.majorVersion])
        for silent: UInt8 in [4, 5, 6, 10, 12, 16, 17, 18, 255] { #expect(RPCAnswer(to: silent, tail: []) == nil) }
    }

    @Test func `our own connections are told from others in the kernel's table`() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:C344 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1
               1: 0100007F:9C40 0100007F:C344 01 00000000:00000000 00:00000000 00000000     0        0 222 1
               2: 0100007F:C344 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 333 1
            """
        #expect(OwnConnection.socketNode(in: table, peer: 0x9C40, port: 0xC344) == "222")
        #expect(OwnConnection.socketNode(in: table, peer: 0x9C41, port: 0xC344) == nil)
        #expect(!OwnConnection.isOwn(peer: 1, port: 2))
    }

    @Test(arguments: ["h", "h:", ":1", "h:0", "h:70000", "a b:1", "::1:5", "[::1]", "a/b:1", "h:-1", "h:1x"])
    func `an address that is none is refused`(text: String) { #expect(RPCEndpoint(text) == nil) }

    @Test func `a worker that cannot be reached is named`() throws {
        // Port 1 of this machine is nobody's.
        let error = #expect(throws: LlamaError.self) {
            try RPCServers([RPCEndpoint(host: "127.0.0.1", port: 1)], patience: .seconds(1)) { _ in }
        }
        #expect(error?.code == .rpc && error?.message.contains("127.0.0.1:1") == true, "\(error?.message ?? "")")
        let unknown = #expect(throws: LlamaError.self) {
            try RPCServers([RPCEndpoint(host: "name.invalid", port: 1)], patience: .seconds(1)) { _ in }
        }
        #expect(unknown?.message.contains("name.invalid:1") == true)
    }
}

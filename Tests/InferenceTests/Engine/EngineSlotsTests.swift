import Testing
import Vocabulary

@testable import Inference

/// What slots hold: saved, restored and erased.
@Suite(.timeLimit(.minutes(1))) struct EngineSlotsTests {
    private let talk = String(repeating: "Once upon a time. ", count: 4)

    @Test(arguments: [RuntimeShape.Memory.cells, .checkpoints])
    func `what a slot held counts as cached in another engine`(memory: RuntimeShape.Memory) async throws {
        let first = try await EngineKit(memory: memory)
        let answer = try await first.ask("\(talk)=done\n") { $0.scheduling.slot = 2 }
        #expect(answer.text == "done")
        let held = try await first.engine.held(bySlot: 2)
        #expect(held.tokens.map { UInt8($0) } == Array("\(talk)=done\ndone".utf8), "all but the end was computed")
        try await first.finish()

        let second = try await EngineKit(memory: memory)
        try await second.engine.hold(held, inSlot: 0)
        #expect(try await second.engine.held(bySlot: 0) == held)
        let turn = "\(talk)=done\ndone and =more\n"
        #expect(try await second.ask(turn).cached == held.tokens.count)
        try await second.finish()
    }

    @Test func `what one tenant's slot held is never another's`() async throws {
        let first = try await EngineKit()
        try await first.ask("\(talk)=a\n") {
            $0.scheduling.slot = 0
            $0.scheduling.tenant = TenantID("alice")
        }
        let held = try await first.engine.held(bySlot: 0)
        #expect(held.tenant == TenantID("alice"))
        try await first.finish()
        let second = try await EngineKit()
        try await second.engine.hold(held, inSlot: 0)
        #expect(try await second.ask("\(talk)=b\n") { $0.scheduling.tenant = TenantID("bob") }.cached == 0)
        #expect(try await second.ask("\(talk)=b\n") { $0.scheduling.tenant = TenantID("alice") }.cached > 0)
        try await second.finish()
    }

    @Test(arguments: [RuntimeShape.Memory.cells, .checkpoints])
    func `what was erased is computed anew`(memory: RuntimeShape.Memory) async throws {
        let kit = try await EngineKit(memory: memory)
        try await kit.ask("\(talk)=a\n") { $0.scheduling.slot = 1 }
        #expect(try await kit.engine.erase(slot: 1) == "\(talk)=a\na".utf8.count)
        #expect(try await kit.engine.erase(slot: 1) == 0)
        #expect(try await kit.engine.cache().nodes.isEmpty)
        #expect(try await kit.ask("\(talk)=a\n") { $0.scheduling.slot = 1 }.cached == 0)
        try await kit.finish()
    }

    @Test func `erasing leaves what other conversations go through`() async throws {
        let kit = try await EngineKit()
        try await kit.ask("\(talk)=a\n") { $0.scheduling.slot = 0 }
        try await kit.ask("\(talk)=other\n") { $0.scheduling.slot = 1 }
        _ = try await kit.engine.erase(slot: 0)
        #expect(try await kit.ask("\(talk)=other\n").cached == "\(talk)=other".utf8.count)
        try await kit.finish()
    }

    @Test func `orders for a busy slot wait until it is free`() async throws {
        let kit = try await EngineKit()
        let busy = try await kit.endless { $0.scheduling.slot = 3 }
        let order = Task { try await kit.engine.held(bySlot: 3) }
        // Another slot is not held up by it.
        try await kit.ask("=b\n") { $0.scheduling.slot = 1 }
        busy.cancel()
        let held = try await order.value
        #expect(held.tokens.starts(with: "no script".utf8.map(Int32.init)))
        try await kit.finish()
    }

    @Test func `orders that still wait when the engine stops are told so`() async throws {
        let kit = try await EngineKit()
        let busy = try await kit.endless { $0.scheduling.slot = 0 }
        let order = Task { try await kit.engine.erase(slot: 0) }
        await kit.engine.stop()
        await #expect(throws: ServiceError.self) { try await order.value }
        _ = await busy.result
    }

    @Test func `a request waits for the slot that it names`() async throws {
        let kit = try await EngineKit()
        let busy = try await kit.endless { $0.scheduling.slot = 2 }
        let stream = try await kit.start("=second\n") { $0.scheduling.slot = 2 }
        #expect(try await kit.ask("=other\n").text == "other")
        #expect(try await kit.engine.slots().filter { $0.state != .idle }.map(\.index) == [2])
        busy.cancel()
        #expect(try await kit.read(stream).text == "second")
        try await kit.finish()
    }

    @Test func `a slot that is saved by hand gives what it holds and nothing else`() async throws {
        let kit = try await EngineKit { $0.slotsAreKept = true }
        try await kit.ask("\(talk)=a\n") { $0.scheduling.slot = 0 }
        let held = try await kit.engine.held(bySlot: 0)
        try await kit.ask("\(talk)=a\nabc=d\n") { $0.scheduling.slot = 0 }
        #expect(try await kit.ask("\(talk)=a\n") { $0.scheduling.slot = 1 }.cached == 0, "slot 1 held nothing")
        try await kit.engine.hold(held, inSlot: 1)
        #expect(
            try await kit.ask("\(talk)=a\nabc=d\n") { $0.scheduling.slot = 1 }.cached == held.tokens.count,
            "slot 1 holds the first turn only")
        #expect(try await kit.ask("\(talk)=a\n").cached > 0, "who names no slot takes from all")
        try await kit.finish()
    }

    @Test func `slots that are none are told, and those that hold nothing give nothing`() async throws {
        let kit = try await EngineKit()
        let nothing = ShelvedState(tenant: nil, tokens: [], start: 0, state: [])
        #expect(try await kit.engine.held(bySlot: 0) == nothing)
        for slot in [-1, 4, .max] {
            await #expect(throws: ServiceError.self) { try await kit.engine.erase(slot: slot) }
            await #expect(throws: ServiceError.self) { try await kit.ask("x") { $0.scheduling.slot = slot } }
        }
        try await kit.ask("\(talk)=a\n") {
            $0.scheduling.slot = 0
            $0.cache.isUsed = false
        }
        #expect(try await kit.engine.held(bySlot: 0) == nothing)
        try await kit.ask("\(talk)=a\n") { $0.scheduling.slot = 0 }
        #expect(try await kit.engine.held(bySlot: 0) != nothing)
        try await kit.engine.hold(nothing, inSlot: 0)
        #expect(try await kit.engine.held(bySlot: 0) == nothing, "nothing was put in its place")
        try await kit.finish()
    }

    @Test func `what the model does not take is refused, and leaves the slot as it was`() async throws {
        let kit = try await EngineKit(context: 60)
        try await kit.ask("=a\n") { $0.scheduling.slot = 0 }
        let held = try await kit.engine.held(bySlot: 0)
        var wrong = held
        wrong.state.removeLast()
        let damaged = wrong
        await #expect(throws: ServiceError.self) { try await kit.engine.hold(damaged, inSlot: 0) }
        for tokens in [[], [-1], [Int32(ScriptedRuntime.vocabulary)], Array(repeating: 1, count: 61)] as [[Int32]] {
            var other = held
            other.tokens = tokens
            let made = other
            await #expect(throws: ServiceError.self) { try await kit.engine.hold(made, inSlot: 0) }
        }
        #expect(try await kit.engine.held(bySlot: 0) == held)
        try await kit.finish()
    }

    @Test func `what finds no room in ordinary memory is told`() async throws {
        let first = try await EngineKit(memory: .checkpoints)
        try await first.ask("\(talk)=a\n") { $0.scheduling.slot = 0 }
        let held = try await first.engine.held(bySlot: 0)
        try await first.finish()
        let kit = try await EngineKit(memory: .checkpoints) { $0.cache = CacheLimits(ramBytesMax: 10) }
        await #expect(throws: ServiceError.self) { try await kit.engine.hold(held, inSlot: 0) }
        try await kit.finish()
    }
}

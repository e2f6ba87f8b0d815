import Synchronization
import Testing
import Vocabulary

@testable import Inference

/// What the scripted model does not forgive: a sequence with cells that other adapters computed, and adapters that are not in
/// memory.
@Suite(.timeLimit(.minutes(1))) struct EngineAdapterTests {
    private let common = String(repeating: "You are a helpful assistant. ", count: 7)

    /// Files that exist by name: `bad` cannot be loaded, `missing` is not there.
    private struct Files: AdapterSource {
        let record: LateRecord
        func candidate(_ path: String, scale: Float) async throws(ServiceError) -> AdapterCandidate {
            guard path != "missing" else { throw ServiceError(.invalidValue, "There is no such file.") }
            return record.candidate(path, scale: scale)
        }
    }

    /// The record of a runtime that is made later.
    private final class LateRecord: Sendable {
        let record = Mutex<ScriptedRuntime.Record?>(nil)

        func candidate(_ path: String, scale: Float) -> AdapterCandidate {
            AdapterCandidate(
                path: path, scale: scale, rank: 4, fingerprint: path,
                load: { [self] id in
                    if path == "bad" { throw ScriptedRuntime.Broken() }
                    record.withLock { $0 }?.log.withLock { $0.loadedAdapters[id] = path }
                },
                unload: { [self] id in record.withLock { $0 }?.log.withLock { $0.loadedAdapters[id] = nil } })
        }
    }

    private func kit(
        sequences: Int = 4, memory: RuntimeShape.Memory = .cells, countMax: Int = 8, loads: [String] = ["a", "b"]
    ) async throws -> EngineKit {
        let files = LateRecord()
        let kit = try await EngineKit(sequences: sequences, memory: memory) { options in
            options.adapters = AdapterOptions(countMax: countMax, source: Files(record: files))
        }
        files.record.withLock { $0 = kit.record }
        for name in loads { _ = try await kit.engine.loadAdapter(name, scale: 0) }
        return kit
    }

    private func with(_ id: Int, _ scale: Float = 1) -> (inout GenerationRequest) -> Void {
        { $0.adapters = [AdapterScale(id: id, scale: scale)] }
    }

    @Test func `requests with different adapters run side by side, each with its own`() async throws {
        let kit = try await kit()
        kit.record.gate.close()
        var streams: [any GenerationStream] = []
        for round in 0..<12 {
            streams.append(
                try await kit.start("\(common)=answer-\(round)\n") { request in
                    if round % 3 > 0 { with(round % 3 - 1)(&request) }
                })
        }
        kit.record.gate.open()
        for (round, stream) in streams.enumerated() { #expect(try await kit.read(stream).text == "answer-\(round)") }
        #expect(Set(kit.record.log.withLock(\.adapters)).count == 3)
        try await kit.finish()
    }

    @Test(arguments: [RuntimeShape.Memory.cells, .checkpoints])
    func `what one adapter left in the cache is no other's`(memory: RuntimeShape.Memory) async throws {
        let kit = try await kit(sequences: 1, memory: memory)
        let sets: [(inout GenerationRequest) -> Void] = [{ _ in }, with(0), with(0, 0.5), with(1)]
        for set in sets { #expect(try await kit.ask("\(common)=x\n", set).cached == 0) }
        for set in sets { #expect(try await kit.ask("\(common)=x\n", set).cached >= common.utf8.count) }
        // A scale of 0 is none, and so it has what none left.
        #expect(try await kit.ask("\(common)=x\n", with(1, 0)).cached >= common.utf8.count)
        try await kit.finish()
    }

    @Test func `an answer that was parked goes on with its own adapters`() async throws {
        let kit = try await kit(sequences: 1)
        let slow = try await kit.start("\(common)=\(String(repeating: "slow", count: 20))\n") { request in
            with(0)(&request)
            request.scheduling.priority = .low
        }
        // Nobody reads: it stands still, with its slot.
        try await kit.wait { try await kit.engine.slots().contains { $0.state == .waiting } }
        let urgent = try await kit.ask("\(common)=urgent\n") { request in
            with(1)(&request)
            request.scheduling.priority = .critical
        }
        #expect(urgent.text == "urgent")
        #expect(try await kit.read(slow).text == String(repeating: "slow", count: 20))
        try await kit.finish()
    }

    @Test func `a reproducible request has its adapters in its own memory`() async throws {
        let kit = try await kit()
        let answer = try await kit.ask("\(common)=alone\n") { request in
            with(1)(&request)
            request.isReproducible = true
        }
        #expect(answer.text == "alone")
        #expect(kit.record.log.withLock { $0.adapters.last } == AdapterSet([AdapterScale(id: 1, scale: 1)]))
        #expect(try await kit.engine.removeAdapter(1).path == "b")
        try await kit.finish()
    }

    @Test func `the list's scales are for those who name none, from their arrival on`() async throws {
        let kit = try await kit(sequences: 1)
        try await kit.engine.setAdapters([AdapterScale(id: 1, scale: 0.5)])
        kit.record.gate.close()
        let before = try await kit.start("=before\n")
        try await kit.engine.setAdapters([])
        let after = try await kit.start("=after\n")
        kit.record.gate.open()
        #expect(try await kit.read(before).text == "before")
        #expect(try await kit.read(after).text == "after")
        let used = kit.record.log.withLock(\.adapters)
        #expect(used.first == AdapterSet([AdapterScale(id: 1, scale: 0.5)]) && used.last == AdapterSet.none)
        try await kit.finish()
    }

    @Test func `an adapter in use is not removed, and then it is`() async throws {
        let kit = try await kit()
        let task = try await kit.endless("no script", with(0))
        let error = await #expect(throws: ServiceError.self) { try await kit.engine.removeAdapter(0) }
        #expect(error?.code == .conflict)
        #expect(try await kit.engine.adapters().map(\.users) == [1, 0])
        task.cancel()
        try await kit.wait { try await kit.engine.adapters()[0].users == 0 }
        #expect(try await kit.engine.removeAdapter(0).path == "a")
        #expect(kit.record.log.withLock(\.loadedAdapters) == [1: "b"])
        let gone = await #expect(throws: ServiceError.self) { try await kit.ask("=x\n", with(0)) }
        #expect(gone?.code == .invalidValue && gone?.parameter == "lora[0].id")
        let again = await #expect(throws: ServiceError.self) { try await kit.engine.removeAdapter(0) }
        #expect(again?.code == .notFound)
        #expect(try await kit.engine.loadAdapter("a", scale: 0).id == 2, "numbers are given once")
        #expect(try await kit.ask("=x\n", with(2)).text == "x")
        try await kit.finish()
    }

    @Test func `the same adapter loaded again finds what it left`() async throws {
        let kit = try await kit(sequences: 1)
        #expect(try await kit.ask("\(common)=x\n", with(0)).cached == 0)
        _ = try await kit.engine.removeAdapter(0)
        let id = try await kit.engine.loadAdapter("a", scale: 0).id
        #expect(try await kit.ask("\(common)=y\n", with(id)).cached >= common.utf8.count)
        try await kit.finish()
    }

    @Test func `what cannot be loaded is refused and leaves nothing`() async throws {
        let kit = try await kit(countMax: 3)
        for name in ["bad", "missing"] {
            let error = await #expect(throws: ServiceError.self) { try await kit.engine.loadAdapter(name, scale: 1) }
            #expect(error?.code == .invalidValue)
        }
        _ = try await kit.engine.loadAdapter("c", scale: 1)
        let full = await #expect(throws: ServiceError.self) { try await kit.engine.loadAdapter("d", scale: 1) }
        #expect(full?.code == .conflict)
        #expect(try await kit.engine.adapters().map(\.path) == ["a", "b", "c"])
        #expect(try await kit.ask("=fine\n").text == "fine")
        try await kit.finish()
    }

    @Test func `an engine without a source loads nothing, and one that stops says so`() async throws {
        let plain = try await EngineKit()
        let error = await #expect(throws: ServiceError.self) { try await plain.engine.loadAdapter("a", scale: 1) }
        #expect(error?.code == .unsupported)
        try await plain.finish()
        let kit = try await kit()
        try await kit.finish()
        let late = await #expect(throws: ServiceError.self) { try await kit.engine.loadAdapter("c", scale: 1) }
        #expect(late?.code == .shuttingDown)
    }

    @Test func `two who begin alike with different adapters do not wait for each other`() async throws {
        let kit = try await kit()
        kit.record.gate.close()
        let first = try await kit.start("\(common)=a\n", with(0))
        let second = try await kit.start("\(common)=b\n", with(1))
        kit.record.gate.open()
        #expect(try await kit.read(first).cached == 0)
        #expect(try await kit.read(second).cached == 0)
        try await kit.finish()
    }
}

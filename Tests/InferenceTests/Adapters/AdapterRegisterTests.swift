import Testing
import Vocabulary

@testable import Inference

@Suite struct AdapterRegisterTests {
    private func candidate(_ name: String, scale: Float = 1) -> AdapterCandidate {
        AdapterCandidate(path: name, scale: scale, rank: 4, fingerprint: name, load: { _ in }, unload: { _ in })
    }

    private func register(_ names: [String], scale: Float = 1, countMax: Int = 4) throws -> AdapterRegister {
        var register = AdapterRegister(countMax: countMax)
        for name in names { _ = register.finish(try register.begin(candidate(name, scale: scale)), isLoaded: true) }
        return register
    }

    private func scale(_ id: Int, _ scale: Float = 1) -> AdapterScale { AdapterScale(id: id, scale: scale) }

    @Test func `sets that compute the same are equal`() {
        #expect(AdapterSet([scale(2, 0.5), scale(1)]) == AdapterSet([scale(1), scale(2, 0.5), scale(3, 0)]))
        #expect(AdapterSet([scale(1, 2), scale(1, 3)]) == AdapterSet([scale(1, 3)]), "the last one counts")
        #expect(AdapterSet([scale(1, 2), scale(1, 0)]).isEmpty)
        #expect(AdapterSet([scale(1, -0.0)]) == .none)
    }

    @Test func `a request that names nothing has the scales of the list as it was when it came`() throws {
        var register = try register(["a", "b"])
        try register.setScales([scale(1, 0.5)])
        let (set, named) = try register.enter(nil)
        #expect(set == AdapterSet([scale(1, 0.5)]))
        try register.setScales([])
        #expect(try register.enter(nil).set == .none)
        #expect(try register.enter([scale(0, 2)]).set == AdapterSet([scale(0, 2)]))
        #expect(register.reports.map(\.scale) == [0, 0], "what one request names is its own")
        #expect(named == [.init(fingerprint: "b", scale: 0.5)])
    }

    @Test func `names do not depend on ids or their order`() throws {
        var first = try register(["a", "b"])
        var second = try register(["x", "b", "a"])
        let one = try first.enter([scale(0, 0.25), scale(1, 2)]).named
        #expect(one == [.init(fingerprint: "a", scale: 0.25), .init(fingerprint: "b", scale: 2)])
        #expect(try second.enter([scale(2, 0.25), scale(1, 2)]).named == one)
        #expect(try second.enter([scale(2, 0.25), scale(0, 2)]).named != one)
        #expect(try second.enter([scale(2, 0.5), scale(1, 2)]).named != one)
        #expect(try second.enter([scale(2, 0)]).named.isEmpty)
    }

    @Test(arguments: [
        ([AdapterScale(id: 2, scale: 1)], "lora[0].id"), ([AdapterScale(id: -1, scale: 1)], "lora[0].id"),
        ([AdapterScale(id: 0, scale: 1), AdapterScale(id: .max, scale: 0)], "lora[1].id"),
        ([AdapterScale(id: 0, scale: .nan)], "lora[0].scale"),
        ([AdapterScale(id: 0, scale: .infinity)], "lora[0].scale"),
        ([AdapterScale(id: 0, scale: -1_001)], "lora[0].scale"),
    ])
    func `what does not exist or is no number is refused`(asked: [AdapterScale], parameter: String) throws {
        var register = try register(["a", "b"])
        let error = #expect(throws: ServiceError.self) { _ = try register.enter(asked) }
        #expect(error?.code == .invalidValue && error?.parameter == parameter)
        #expect(throws: ServiceError.self) { try register.setScales(asked) }
        #expect(register.reports.map(\.scale) == [1, 1] && register.reports.map(\.users) == [0, 0])
    }

    @Test func `an adapter in use stays, and its number never comes back`() throws {
        var register = try register(["a", "b"])
        let set = try register.enter(nil).set
        let error = #expect(throws: ServiceError.self) { _ = try register.remove(0) }
        #expect(error?.code == .conflict && error?.message.contains("1 requests") == true)
        register.leave(set)
        #expect(try register.remove(0).report.path == "a")
        #expect(throws: ServiceError.self) { _ = try register.remove(0) }
        #expect(throws: ServiceError.self) { _ = try register.enter([scale(0)]) }
        #expect(try register.begin(candidate("c")) == 2)
    }

    @Test func `there is room for so many, and those that are loading count`() throws {
        var register = try register(["a"], countMax: 2)
        let id = try register.begin(candidate("b"))
        let error = #expect(throws: ServiceError.self) { _ = try register.begin(candidate("c")) }
        #expect(error?.code == .conflict)
        #expect(register.reports.map(\.path) == ["a"])
        #expect(throws: ServiceError.self) { _ = try register.enter([scale(id)]) }
        #expect(try register.enter(nil).set == AdapterSet([scale(0)]))
        #expect(register.finish(id, isLoaded: false) == nil)
        #expect(try register.begin(candidate("c")) == 2)
    }
}

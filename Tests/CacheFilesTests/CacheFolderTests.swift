import Digests
import Foundation
import TestRandomness
import Testing

@testable import CacheFiles

@Suite struct CacheFolderTests {
    @Test func `what was put is there, before and after it is written, and after a restart`() throws {
        let scratch = Scratch()
        var names: [String: KeptState] = [:]
        do {
            let folder = scratch.open()
            for number: Int32 in 0..<20 {
                let state = keptState(
                    number, tenant: number % 3 == 0 ? nil : "t\(number % 3)", bytes: 1 + 700 * Int(number))
                let name = try #require(folder.put(state))
                #expect(folder.get(name) == state)
                names[name] = state
            }
            #expect(folder.settle(within: .seconds(60)))
            for (name, state) in names { #expect(folder.get(name) == state) }
        }
        let folder = scratch.open()
        let entries = folder.contents()
        #expect(Set(entries.map(\.name)) == Set(names.keys))
        for entry in entries {
            let state = try #require(names[entry.name])
            #expect(
                (entry.tenant, entry.start) == (state.tenant, state.start) && entry.tokens == state.tokens)
            #expect(entry.bytes == StateFormat.fileBytes(state.header))
            #expect(folder.get(entry.name) == state)
        }
        #expect(folder.bytes == entries.reduce(0) { $0 + $1.bytes })
        #expect(folder.rejectedCount == 0)
        #expect(scratch.told.isEmpty)
    }

    @Test func `files are for their owner alone and do not tell whose they are`() throws {
        let scratch = Scratch()
        let folder = scratch.open()
        let name = try #require(folder.keep(keptState(1, tenant: "secret-tenant")))
        func mode(_ path: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return try #require(attributes[.posixPermissions] as? NSNumber).intValue
        }
        #expect(try mode(scratch.files().path(name)) == 0o600)
        #expect(try mode(scratch.files().folder) == 0o700)
        #expect(scratch.names() == [name + StateFiles.ending])
        #expect(!name.contains("secret"))
    }

    @Test func `the same path of two tenants is two states`() throws {
        let scratch = Scratch()
        let folder = scratch.open()
        let states = [nil, "", "a", "b"].map { tenant in
            var state = keptState(1, tenant: tenant)
            state.state = Array((tenant ?? "shared").utf8) + [1]
            return state
        }
        let names = try states.map { try #require(folder.keep($0)) }
        #expect(Set(names).count == 4)
        for (name, state) in zip(names, states) { #expect(folder.get(name) == state) }
        #expect(Set(scratch.open().contents().map(\.tenant)) == [nil, "", "a", "b"])
    }

    @Test func `another model does not see a state, and leaves it for the first`() throws {
        let scratch = Scratch()
        let name = try #require(scratch.open("one").keep(keptState(1)))
        let other = scratch.open("two")
        #expect(other.contents().isEmpty)
        #expect(other.get(name) == nil)
        #expect(other.keep(keptState(2)) != nil)
        #expect(scratch.open("one").contents().map(\.name) == [name])
        #expect(scratch.open("one").get(name) == keptState(1))
    }

    @Test func `a file that was moved to another model's folder is refused and stays`() throws {
        let scratch = Scratch()
        let name = try #require(scratch.open("one").keep(keptState(1)))
        #expect(scratch.open("two").keep(keptState(2)) != nil)
        let moved = scratch.files("two").path(name)
        try FileManager.default.copyItem(atPath: scratch.files("one").path(name), toPath: moved)
        let folder = scratch.open("two")
        #expect(folder.contents().map(\.tokens) == [keptState(2).tokens])
        #expect(folder.rejectedCount == 1)
        #expect(folder.get(name) == nil)
        #expect(FileManager.default.fileExists(atPath: moved))
        #expect(
            scratch.told == [
                .rejected(file: moved, reason: "it was written for another model", isRemoved: false)
            ])
    }

    @Test func `a removed state is gone at once, and its file soon`() throws {
        let scratch = Scratch()
        let folder = scratch.open()
        let name = try #require(folder.keep(keptState(1)))
        folder.remove(name)
        #expect(folder.get(name) == nil)
        #expect(folder.settle(within: .seconds(60)))
        #expect(scratch.names().isEmpty)
        #expect(folder.bytes == 0)
        #expect(folder.keep(keptState(1)) == name)
        #expect(folder.get(name) == keptState(1))
    }

    @Test func `what is there already is not written again`() throws {
        let scratch = Scratch()
        let folder = scratch.open()
        let name = try #require(folder.keep(keptState(1)))
        let path = scratch.files().path(name)
        let before = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? NSNumber
        #expect(folder.keep(keptState(1)) == name)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? NSNumber == before)
        #expect(folder.bytes == StateFormat.fileBytes(keptState(1).header))
    }

    @Test func `the files never take more than their bound, and the earliest used go first`() throws {
        let scratch = Scratch()
        let one = StateFormat.fileBytes(keptState(0).header)
        let folder = scratch.open(bytesMax: 5 * one)
        var names: [String] = []
        for number: Int32 in 0..<5 { names.append(try #require(folder.keep(keptState(number)))) }
        #expect(folder.get(names[0]) != nil)
        names.append(try #require(folder.keep(keptState(5))))
        #expect(folder.get(names[1]) == nil)
        #expect(folder.get(names[0]) != nil)
        #expect(folder.bytes == 5 * one)
        #expect(scratch.names().count == 5)
        #expect(folder.put(keptState(6, bytes: 5 * one)) == nil, "larger than everything together")
        #expect(folder.refusedCount == 1)
        // The order survives a restart, and a smaller bound is kept from the start.
        let smaller = scratch.open(bytesMax: 2 * one)
        #expect(smaller.settle(within: .seconds(60)))
        #expect(Set(smaller.contents().map { $0.tokens[0] }) == [0, 5])
        #expect(scratch.names().count == 2)
    }

    @Test func `the same path of other adapters is another state, also after a restart`() throws {
        let scratch = Scratch()
        let states = ["", "a*3f800000", "a*3f000000", "a*3f000000+b*1"].map { adapters in
            var state = keptState(1, tenant: "t", bytes: 100)
            state.adapters = adapters
            state.state = Array(adapters.utf8) + [1]
            return state
        }
        let names = try { () throws in
            let folder = scratch.open()
            return try states.map { try #require(folder.keep($0)) }
        }()
        #expect(Set(names).count == states.count)
        let folder = scratch.open()
        for (name, state) in zip(names, states) { #expect(folder.get(name) == state) }
        #expect(Set(folder.contents().map(\.adapters)) == Set(states.map(\.adapters)))
        #expect(
            folder.contents().allSatisfy { entry in
                names[states.firstIndex { $0.adapters == entry.adapters } ?? 0] == entry.name
            })
        #expect(folder.bytes == states.reduce(0) { $0 + StateFormat.fileBytes($1.header) })
    }

    /// The names of states without adapters, and their files, are those of versions that knew none.
    @Test func `states without adapters have the names that they always had`() {
        #expect(
            StateFormat.name(keptState(1, tenant: "t").header)
                == "435e8e880330d983f9ba081970e9514b627e87174b8355a165b6dc2f349eaa6b")
    }

    @Test func `states that can have no file are refused`() {
        let folder = Scratch().open()
        #expect(folder.put(keptState(1, bytes: 0)) == nil)
        #expect(folder.put(KeptState(tenant: nil, tokens: [1, 2], start: 2, state: [1])) == nil)
        #expect(folder.put(KeptState(tenant: nil, tokens: [1, 2], start: -1, state: [1])) == nil)
        #expect(
            folder.put(KeptState(tenant: String(repeating: "x", count: 1_025), tokens: [1], start: 0, state: [1]))
                == nil)
        let many = String(repeating: "x", count: StateFormat.adapterBytesMax + 1)
        #expect(folder.put(KeptState(tenant: nil, adapters: many, tokens: [1], start: 0, state: [1])) == nil)
    }

    @Test func `names that nobody gave find nothing`() {
        let scratch = Scratch()
        let folder = scratch.open()
        for name in ["", "..", "../../etc/passwd", String(repeating: "a", count: 64)] {
            #expect(folder.get(name) == nil)
            folder.remove(name)
        }
        #expect(folder.settle(within: .seconds(60)))
        #expect(folder.rejectedCount == 0)
    }
}

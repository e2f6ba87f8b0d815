import Testing
import Vocabulary

@testable import Access

@Suite struct PermissionTableTests {
    @Test func `names are unique and have the form area dot verb`() {
        let names = PermissionTable.all.map(\.name)
        #expect(Set(names).count == names.count)
        for name in names {
            let parts = name.split(separator: ".")
            #expect(parts.count == 2)
            #expect(["read", "use", "write", "admin", "measure"].contains(parts.last ?? ""), "\(name)")
        }
    }

    @Test func `each role has all that lesser ones have`() {
        for permission in PermissionTable.all {
            let roles = Role.allCases.filter { PermissionTable.allows($0, permission.name) }
            #expect(roles == Role.allCases.filter { $0 >= permission.least })
            #expect(roles.contains(.admin))
        }
    }

    @Test func `nothing that changes the server is for anybody but administrators`() {
        for permission in PermissionTable.all
        where permission.name.hasSuffix(".write") || permission.name.hasSuffix(".admin") {
            // Conversations are their owners', and so is memory.
            guard !["conversations.write", "memory.write"].contains(permission.name) else { continue }
            #expect(permission.least == .admin, "\(permission.name)")
        }
        for permission in PermissionTable.all where permission.least == .viewer {
            #expect(permission.name.hasSuffix(".read") || permission.name == "session.use", "\(permission.name)")
        }
    }

    @Test func `what is not in the table is for administrators without scopes`() {
        #expect(!PermissionTable.allows(.user, "made.up"))
        #expect(PermissionTable.allows(.admin, "made.up"))
        var caller = Principal.local
        caller.scopes = PermissionTable.expand(["*"])
        #expect(!PermissionTable.allows(caller, "made.up"))
    }

    @Test func `who has not signed in may do nothing`() {
        #expect(PermissionTable.permissions(of: .anonymous).isEmpty)
        #expect(!Principal.anonymous.allows(model: "any"))
        #expect(PermissionTable.permissions(of: .open) == PermissionTable.all.map(\.name))
    }
}

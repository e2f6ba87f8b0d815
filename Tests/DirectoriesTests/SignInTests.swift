import Directories
import Foundation
import Testing

/// Against a real slapd.
@Suite struct SignInTests {
    @Test(arguments: PrivateDirectory.Way.allCases)
    func `a person with the right password is who the directory says`(way: PrivateDirectory.Way) async throws {
        let server = try await PrivateDirectory.shared.value
        let entry = try await Directory(server.settings(way)).signIn(name: "ada", password: "engine")
        #expect(entry.name == "uid=ada,ou=people,dc=example,dc=org")
        #expect(entry.accountName == "ada")
        #expect(entry.displayName == "Ada Lovelace")
        #expect(entry.email == "ada@example.org")
        #expect(entry.id.count == 36)
        #expect(
            Set(entry.groups) == [
                "cn=admins,ou=groups,dc=example,dc=org", "admins", "cn=builders,ou=groups,dc=example,dc=org",
                "builders",
            ])
    }

    @Test func `signs in a name that is full of signs that mean something to filters`() async throws {
        let server = try await PrivateDirectory.shared.value
        let entry = try await Directory(server.settings()).signIn(name: "bob, (the) *builder", password: "fix it")
        #expect(entry.accountName == "bob, (the) *builder")
        #expect(entry.groups.contains("builders"))
    }

    @Test(arguments: [
        ("ada", "wrong"), ("ada", "engine "), ("nobody", "engine"), ("a*", "engine"), ("*", "engine"),
        ("ada)(uid=*", "engine"), ("*)(uid=ada))(|(uid=*", "engine"), ("ada\u{0}", "engine"), ("", "engine"),
        ("ada", ""), ("twin", "two"), (String(repeating: "a", count: 257), "engine"),
        ("ada", String(repeating: "p", count: 1_025)), ("ada", "engine\u{0}"),
    ])
    func `refuses everybody else in the same words`(name: String, password: String) async throws {
        let server = try await PrivateDirectory.shared.value
        let error = await #expect(throws: DirectoryError.self) {
            _ = try await Directory(server.settings()).signIn(name: name, password: password)
        }
        #expect(error?.reason == .invalidCredentials)
        #expect(error?.description == "The name or the password is wrong.")
    }

    @Test func `refuses when the filter finds two people, with either one's password`() async throws {
        let server = try await PrivateDirectory.shared.value
        var settings = server.settings()
        settings.userFilter = "(employeeNumber={name})"
        for password in ["one", "two"] {
            let error = await #expect(throws: DirectoryError.self) {
                _ = try await Directory(settings).signIn(name: "7", password: password)
            }
            #expect(error?.reason == .invalidCredentials)
        }
    }

    @Test func `says that the directory is asked wrongly, and not that a password is wrong`() async throws {
        let server = try await PrivateDirectory.shared.value
        var changes: [(inout DirectorySettings) -> Void] = []
        changes.append { $0.bindPassword = "not it" }
        changes.append { $0.userFilter = "(uid={name}" }
        changes.append { $0.idAttribute = "employeeNumber" }
        changes.append { $0.url = "http://localhost" }
        for change in changes {
            var settings = server.settings()
            change(&settings)
            let directory = Directory(settings)
            let error = await #expect(throws: DirectoryError.self) {
                _ = try await directory.signIn(name: "ada", password: "engine")
            }
            #expect(error?.reason == .misconfigured, "\(settings.userFilter)")
        }
    }

    @Test func `never speaks to a server whose certificate is not trusted`() async throws {
        let server = try await PrivateDirectory.shared.value
        for way in [PrivateDirectory.Way.startTLS, .ldaps] {
            var settings = server.settings(way)
            settings.trustFile = nil
            let error = await #expect(throws: DirectoryError.self) {
                _ = try await Directory(settings).signIn(name: "ada", password: "engine")
            }
            #expect(error?.reason == .unavailable)
        }
    }

    @Test func `a server that nobody answers for is unavailable`() async {
        let settings = DirectorySettings(
            url: "ldap://127.0.0.1:1", userBase: "dc=example,dc=org", timeout: .milliseconds(300))
        let error = await #expect(throws: DirectoryError.self) {
            _ = try await Directory(settings).signIn(name: "ada", password: "engine")
        }
        #expect(error?.reason == .unavailable)
    }

    @Test func `more checks than there are places are refused, and the others answered`() async throws {
        let server = try await PrivateDirectory.shared.value
        let directory = Directory(server.settings())
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<Directory.checksMax * 3 {
                group.addTask {
                    do {
                        _ = try await directory.signIn(name: "ada", password: "engine")
                        return true
                    } catch {
                        #expect((error as? DirectoryError)?.reason == .unavailable)
                        return false
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.filter(\.self).count >= Directory.checksMax)
        // Every place is free again.
        _ = try await directory.signIn(name: "ada", password: "engine")
    }

    @Test func `no password comes into a printed value`() {
        let settings = DirectorySettings(
            url: "ldap://localhost", bindName: "cn=reader", bindPassword: "very secret", userBase: "dc=example,dc=org")
        #expect(!String(reflecting: settings).contains("very secret"))
        #expect(settings.isPlain)
    }
}

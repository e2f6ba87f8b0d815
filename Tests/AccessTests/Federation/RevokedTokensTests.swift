import Access
import JSONText
import Testing

@Suite struct RevokedTokensTests {
    @Test func `an id counts until its time, and can be put in once`() {
        let revoked = RevokedTokens()
        #expect(revoked.insert("a", until: 100, now: 10))
        #expect(!revoked.insert("a", until: 100, now: 10))
        #expect(revoked.contains("a", now: 99))
        #expect(!revoked.contains("a", now: 100))
        #expect(!revoked.contains("b", now: 10))
        #expect(revoked.insert("a", until: 300, now: 200))
    }

    @Test func `when there is no room those go that are over, then those that are over first`() {
        let revoked = RevokedTokens(countMax: 10)
        for number in 0..<10 { revoked.insert("\(number)", until: Int64(100 + number), now: 0) }
        revoked.insert("new", until: 500, now: 103)
        #expect(revoked.contains("4", now: 103))
        for number in 10..<14 { revoked.insert("\(number)", until: 400, now: 103) }
        #expect(revoked.contains("new", now: 103))
        #expect(!revoked.contains("4", now: 103))
    }

    @Test func `of many that put the same id in at once one is told that it was first`() async {
        let revoked = RevokedTokens()
        let firsts = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 { group.addTask { revoked.insert("assertion", until: 100, now: 0) } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(firsts == 1)
    }

    @Test func `verified tokens are found by all of their bytes, and forgotten in a bounded way`() {
        let verified = VerifiedTokens<TokenClaims>(countMax: 8)
        let claims = TokenForge.claims("ada")
        verified.insert(claims, of: "the-same-first-twenty-bytes.of.two")
        #expect(verified.content(of: "the-same-first-twenty-bytes.of.two") == claims)
        #expect(verified.content(of: "the-same-first-twenty-bytes.of.twn") == nil)
        for number in 0..<100 { verified.insert(claims, of: "token \(number)") }
        #expect(verified.content(of: "the-same-first-twenty-bytes.of.two") == nil)
        #expect(verified.content(of: "token 99") == claims)
        #expect((0..<100).filter { verified.content(of: "token \($0)") != nil }.count <= 8)
        verified.removeAll()
        #expect(verified.content(of: "token 99") == nil)
    }
}

extension TokenForge {
    static func claims(_ subject: String) -> TokenClaims { TokenClaims(["sub": .string(subject)], type: nil) }
}

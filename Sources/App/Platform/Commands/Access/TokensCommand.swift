import Access
import Configuration
import JSONText
import Launch

/// `nexus tokens …`: access tokens that are out, and the keys that sign them.
enum TokensCommand {
    static let group = CommandGroup("tokens", "Access tokens and the keys that sign them")

    /// In the order of the help.
    static let all = [keys, revoke, rotate]

    private static let keys = AdminCommand("tokens keys", "Show the keys that tokens are checked with.") { call in
        call.show(try await call.admin.get("/.well-known/jwks.json")) { table(of: $0, call) }
    }

    private static let revoke = AdminCommand(
        "tokens revoke", "End a token before its time.",
        operands: [Operand("token", .one, "Its id, tok_…, or a refresh token, which ends all that came from it.")]
    ) { call in
        let token = call.parsed.operands[0]
        let answer: JSONValue
        if token.hasPrefix(RefreshText.prefix) {
            answer = try await call.admin.post("/api/v1/tokens/revoke", ["token": .string(token)])
        } else {
            answer = try await call.admin.send("DELETE", "/api/v1/tokens/" + AdminClient.escaped(token))
        }
        call.show(answer) { _ in "The token is revoked.\n" }
    }

    private static let rotate = AdminCommand(
        "tokens rotate", "Sign with a new key; tokens of the ones before stay valid until they expire."
    ) { call in
        call.show(try await call.admin.post("/api/v1/tokens/rotate", [:])) { table(of: $0, call) }
    }

    private static func table(of answer: JSONValue, _ call: AdminCall) -> String {
        var table = TextTable(.left("KEY"), .left("ALGORITHM"), .left(""))
        for (index, key) in (answer["keys"]?.array ?? []).enumerated() {
            table.add([
                .init(key["kid"]?.string ?? ""), .init(key["alg"]?.string ?? ""), .init(index == 0 ? "signs" : ""),
            ])
        }
        return table.text(for: call.output)
    }
}

import Access
import HTTPServing
import JSONText
import Vocabulary

/// Where browsers go to sign in elsewhere and come back to: `/sign-in/…` and `/saml/…`.
struct SignInRoutes: Sendable {
    let desk: SignInDesk
    let providers: [OIDCSignIn]
    let saml: SAMLSignIn?
    /// What the directory is called on the page, where there is one.
    let directory: String?

    private var orders: ProviderOrders {
        ProviderOrders(users: desk.users, spent: desk.spent, logger: desk.logger, now: desk.now)
    }

    /// Where assertions arrive. A page of the provider has the browser post there.
    static let assertionPath = "/saml/acs"

    var routes: [Route] { [list] + providerRoutes + (saml.map(routes) ?? []) }

    /// `GET /api/v1/session/ways`: what the page offers.
    private var list: Route {
        let way: JSONValue = [
            "type": "object", "required": ["kind", "title"],
            "properties": [
                "kind": ["enum": ["password", "oidc", "saml"]], "title": ["type": "string"],
                "url": ["type": "string", "description": "A path of this server to send the browser to."],
            ],
        ]
        let description = RouteDescription(
            operation: "listSignInWays", summary: "How people can sign in here.", tags: ["session"],
            responses: [
                .init(
                    .ok, nil,
                    .json([
                        "type": "object", "required": ["ways"],
                        "properties": ["ways": ["type": "array", "items": way]],
                    ]))
            ])
        var ways: [JSONValue] = [["kind": "password", "title": .string(directory ?? "Password")]]
        ways += providers.map { provider in
            [
                "kind": "oidc", "title": .string(provider.provider.title),
                "url": .string("/sign-in/oidc/\(provider.provider.name)"),
            ]
        }
        if let saml { ways.append(["kind": "saml", "title": .string(saml.settings.title), "url": "/sign-in/saml"]) }
        return Route(.get, "/api/v1/session/ways", description) { [ways] _ in .json(["ways": .array(ways)]) }
    }

    private var providerRoutes: [Route] {
        let path = "/sign-in/oidc/{provider}"
        return [
            Route(.get, path, Self.page("Sends the browser to a provider.")) { request in
                let provider = try provider(of: request)
                return try await desk.sendOut(provider.provider.visitName, request) { visit in
                    try await provider.location(visit)
                }
            },
            Route(.get, path + "/callback", Self.page("Takes the browser in from a provider.")) { request in
                let provider = try provider(of: request)
                let query = try request.query
                // Of a parameter that comes twice it is not known which one is meant.
                let isClear = Set(query.items.map(\.name)).count == query.items.count
                let (name, rules) = (provider.provider.visitName, provider.provider.rules)
                return try await desk.takeIn(name, request, rules: rules) { visit in
                    try await provider.identity(query: { isClear ? query[$0] : nil }, visit: visit)
                }
            },
            Route(.get, path + "/signed-out", Self.page("Takes the browser in that has signed out.")) { request in
                _ = try provider(of: request)
                return HTTPResponse(.seeOther, headers: ["Location": "/", "Cache-Control": "no-store"])
            },
            Route(
                .post, path + "/logout", Self.page("Takes a provider's order to end sessions."),
                bodyBytesMax: ProviderOrders.formBytesMax, execution: .concurrent
            ) { request in
                let provider = try provider(of: request)
                return try await orders.follow(try await request.body.collect(), of: provider)
            },
        ]
    }

    private func provider(of request: HTTPRequest) throws(ServiceError) -> OIDCSignIn {
        let name = request.parameters.string("provider")
        guard let provider = providers.first(where: { $0.provider.name == name }) else {
            throw ServiceError(
                .notFound, "There is no such provider.", hint: "GET /api/v1/session/ways lists how to sign in.")
        }
        return provider
    }

    private func routes(_ saml: SAMLSignIn) -> [Route] {
        let visit = SAMLSettings.visitName
        return [
            Route(.get, "/sign-in/saml", Self.page("Sends the browser to the SAML provider.")) { request in
                try await desk.sendOut(visit, request, comesByForm: true) { saml.location($0, now: desk.now()) }
            },
            Route(
                .post, Self.assertionPath, Self.page("Takes an assertion."), bodyBytesMax: SAMLSignIn.formBytesMax,
                execution: .concurrent
            ) { request in
                let form = try await request.body.collect()
                return try await desk.takeIn(visit, request, rules: saml.settings.rules) { visit in
                    let accepted = try saml.accept(form: form, visit: visit, now: desk.now())
                    let isFirst = try await desk.spent.spend(
                        "saml:" + accepted.id, until: accepted.expiresAt, now: desk.now())
                    guard isFirst else { throw SignInError(.identityRefused, detail: "the assertion was used already") }
                    return SignInDesk.Arrival(identity: accepted.identity)
                }
            },
            Route(.get, "/saml/metadata", Self.page("What this server is to a SAML provider.")) { _ in
                .text(saml.service.metadata, contentType: "application/samlmetadata+xml")
            },
        ]
    }

    /// Not of the API's document: browsers come here.
    private static func page(_ summary: String) -> RouteDescription { RouteDescription(summary: summary) }
}

public import Conversations
public import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// `/api/v1/settings` and `/api/v1/profiles`: what follows a user to every device.
public struct SettingsRoutes: Sendable {
    private let store: any SettingsStore
    private let now: @Sendable () -> ConversationMoment
    private static let bodyBytesMax = 256 << 10

    public init(_ store: any SettingsStore, now: @escaping @Sendable () -> ConversationMoment) {
        self.store = store
        self.now = now
    }

    public var routes: [Route] {
        [
            Route(.get, "/api/v1/settings", Self.showing) { request in
                .json(try await store.settings(of: request.owner).json)
            },
            Route(.put, "/api/v1/settings", Self.putting, bodyBytesMax: Self.bodyBytesMax) { try await put($0) },
            Route(.patch, "/api/v1/settings", Self.patching, bodyBytesMax: Self.bodyBytesMax) {
                try await patch($0)
            },
            Route(.get, "/api/v1/profiles", Self.listing) { request in
                .json(["profiles": .array(try await store.profiles(of: request.owner).map(\.json))])
            },
            Route(.post, "/api/v1/profiles", Self.adding, bodyBytesMax: Self.bodyBytesMax) { try await add($0) },
            Route(
                .get, "/api/v1/profiles/{profile}",
                Self.one("showProfile", "One profile.", .read, answer: SettingsRoutes.profile)
            ) { request in
                .json(try await profile(of: request).json)
            },
            Route(.put, "/api/v1/profiles/{profile}", Self.changing, bodyBytesMax: Self.bodyBytesMax) {
                try await change($0)
            },
            Route(
                .delete, "/api/v1/profiles/{profile}",
                Self.one("removeProfile", "Remove a profile.", .write, answer: ModelShapes.removal)
            ) {
                request in
                let id = request.parameters.string("profile")
                guard try await store.removeProfile(id, of: request.owner) else { throw Self.noProfile(id) }
                return .json(["id": .string(id), "deleted": true])
            },
        ]
    }

    private func put(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect(upTo: Self.bodyBytesMax))
        let document: JSONObject
        let revision: Int
        do {
            document = try UserSettings.checked(try body.required("settings"))
            revision = try body.required("revision").integer(in: 0...Int.max)
        } catch {
            throw ServiceError(reading: error)
        }
        guard try await store.replace(document, of: request.owner, expecting: Int64(revision), at: now()) else {
            throw ServiceError.changedMeanwhile("settings document")
        }
        return .json(try await store.settings(of: request.owner).json)
    }

    private func patch(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect(upTo: Self.bodyBytesMax))
        let patch: JSONObject
        do { patch = try body.required("settings").object() } catch { throw ServiceError(reading: error) }
        return try await RevisedChange.of("settings document", body: body) { wanted in
            let settings = try await store.settings(of: request.owner)
            let document: JSONObject
            do {
                document = try UserSettings.checked(
                    JSONField(.object(settings.merging(patch)), path: "settings"))
            } catch {
                throw ServiceError(reading: error)
            }
            let revision = wanted ?? settings.revision
            guard try await store.replace(document, of: request.owner, expecting: revision, at: now()) else {
                return nil
            }
            return .json(try await store.settings(of: request.owner).json)
        }
    }

    // MARK: profiles

    private func add(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect(upTo: Self.bodyBytesMax))
        var random = SystemRandomNumberGenerator()
        let moment = now()
        var profile = UserProfile(id: UserProfile.newID(at: moment, using: &random), name: "", created: moment)
        do {
            _ = try body.required("name")
            try profile.change(body)
        } catch {
            throw ServiceError(reading: error)
        }
        guard try await store.add(profile, of: request.owner) else {
            throw ServiceError(
                .conflict, "You have \(UserProfile.countMax) profiles, and can have no more.",
                hint: "Remove one first.")
        }
        return .json(profile.json, status: .created)
    }

    private func change(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect(upTo: Self.bodyBytesMax))
        return try await RevisedChange.of("profile", body: body) { revision in
            var profile = try await profile(of: request)
            let seen = revision ?? profile.revision
            do { try profile.change(body) } catch { throw ServiceError(reading: error) }
            profile.updated = now()
            guard try await store.replace(profile, of: request.owner, expecting: seen) else { return nil }
            profile.revision = seen + 1
            return .json(profile.json)
        }
    }

    private func profile(of request: HTTPRequest) async throws -> UserProfile {
        let id = request.parameters.string("profile")
        guard let profile = try await store.profile(id, of: request.owner) else { throw Self.noProfile(id) }
        return profile
    }

    private static func noProfile(_ id: String) -> ServiceError {
        ServiceError(.notFound, "There is no profile '\(id.prefix(64))'.", hint: "GET /api/v1/profiles lists yours.")
    }
}

extension UserSettings {
    /// As the API tells it.
    var json: JSONValue {
        [
            "settings": .object(document), "revision": .integer(revision),
            "updated_at": updated.map { .string($0.rfc3339) } ?? .null,
        ]
    }
}

extension UserProfile {
    /// As the API tells it.
    var json: JSONValue {
        [
            "id": .string(id), "name": .string(name), "parameters": .object(parameters),
            "system": system.map(JSONValue.string) ?? .null, "preset": preset.map(JSONValue.string) ?? .null,
            "revision": .integer(revision), "created_at": .string(created.rfc3339),
            "updated_at": .string(updated.rfc3339),
        ]
    }
}

import HTTPFetching
import JSONText
import RequestScope
import Streaming
import Vocabulary

/// Speaks to a platform over the socket of its data directory: what every command of the terminal does.
struct AdminClient: Sendable {
    let client: HTTPClient
    let socket: AdminSocket
    /// Whether the platform runs inside this very process and ends with the command. What must go on afterwards, such as
    /// a worker that is to serve, makes no sense there.
    let isOwn: Bool

    /// Bytes of an answer that is read as a whole.
    static let answerBytesMax = 64 << 20

    /// Asks for something.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST`, …
    ///   - path: below the root, with its names escaped (see ``escaped(_:)``).
    ///   - query: names and values, which are escaped here; those without a value are left out.
    ///   - body: sent as JSON.
    /// - Returns: the answer; `null` where it has no body.
    /// - Throws: the `ServiceError` that the platform answered with.
    func send(
        _ method: String, _ path: String, query: KeyValuePairs<String, String?> = [:], body: JSONValue? = nil
    ) async throws -> JSONValue {
        let response = try await fetch(method, path, query: query, body: body)
        let bytes = try await response.body.collect(upTo: Self.answerBytesMax)
        return bytes.isEmpty ? .null : try JSONValue.parse(bytes)
    }

    /// An answer that is no JSON, as text.
    func text(_ path: String, query: KeyValuePairs<String, String?> = [:]) async throws -> String {
        String(decoding: try await bytes(path, query: query), as: UTF8.self)
    }

    /// An answer as it is.
    ///
    /// - Parameters:
    ///   - path: below the root, with its names escaped.
    ///   - query: names and values.
    ///   - countMax: a longer answer is refused.
    /// - Returns: its bytes.
    /// - Throws: the `ServiceError` that the platform answered with; `FetchError` of an answer that is too long.
    func bytes(
        _ path: String, query: KeyValuePairs<String, String?> = [:], countMax: Int = answerBytesMax
    ) async throws -> [UInt8] {
        let response = try await fetch("GET", path, query: query, body: nil, accept: "*/*")
        return try await response.body.collect(upTo: countMax)
    }

    func get(_ path: String, query: KeyValuePairs<String, String?> = [:]) async throws -> JSONValue {
        try await send("GET", path, query: query)
    }

    func post(_ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        try await send("POST", path, body: body)
    }

    /// Follows what an endpoint tells while it works, until it has told everything.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST`, …
    ///   - path: below the root, with its names escaped.
    ///   - query: names and values.
    ///   - body: sent as JSON.
    ///   - take: called with each event's type and its data; `false` stops reading.
    /// - Throws: the `ServiceError` that the platform answered with, at once or as an `error` event.
    func follow(
        _ method: String = "GET", _ path: String, query: KeyValuePairs<String, String?> = [:], body: JSONValue? = nil,
        _ take: (_ event: String, _ data: JSONValue) async throws -> Bool
    ) async throws {
        let response = try await fetch(method, path, query: query, body: body, accept: "text/event-stream")
        for try await event in response.body.events() {
            guard event.data != "[DONE]" else { return }
            let data = try JSONValue.parse(event.data)
            if event.event == "error" { throw WireError.serviceError(from: data, status: nil) }
            guard try await take(event.event ?? "message", data) else { return }
        }
    }

    /// Keeps the platform of another command alive for as long as what is returned lives.
    ///
    /// - Throws: `ServiceError` of the code `modelUnavailable` when that command is ending.
    func lease() async throws -> ResponseEvents.Iterator {
        let response = try await fetch("GET", CommandLeases.path, query: [:], body: nil, accept: "text/event-stream")
        var events = response.body.events().makeAsyncIterator()
        do throws(FetchError) {
            if try await events.next()?.event == "lease" { return events }
        } catch {
            guard error.code != .cancelled else { throw error }
        }
        throw ServiceError(.modelUnavailable, "The command that runs the platform is ending.", hint: "Try again.")
    }

    /// Refuses what needs a server that goes on running.
    ///
    /// - Parameter purpose: what the command does, as the end of a sentence: `start a deployment`.
    /// - Throws: `ServiceError` when the platform runs inside this process only.
    func requireServer(to purpose: String) throws {
        guard isOwn else { return }
        throw ServiceError(
            .modelUnavailable, "No server runs on this data directory, and one is needed to \(purpose).",
            hint: "Start it: nexus serve.")
    }

    /// A name as one segment of a path: slashes and colons in it are no structure.
    static func escaped(_ name: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func fetch(
        _ method: String, _ path: String, query: KeyValuePairs<String, String?>, body: JSONValue?,
        accept: String = "application/json"
    ) async throws -> FetchResponse {
        let items = query.compactMap { name, value in value.map { "\(Self.escaped(name))=\(Self.escaped($0))" } }
        var headers: FetchHeaders = ["Accept": accept]
        if body != nil { headers.add("Content-Type", "application/json") }
        let request = FetchRequest(
            "http://nexus\(path)" + (items.isEmpty ? "" : "?" + items.joined(separator: "&")), method: method,
            headers: headers, body: body.map { .bytes($0.bytes) } ?? .none, unixSocketPath: socket.path,
            // Some orders take long before they answer, such as reading a folder of models; Ctrl-C ends the wait.
            timeouts: Timeouts(connect: .seconds(5), firstByte: nil, idle: nil))
        let response: FetchResponse
        do throws(FetchError) {
            response = try await client.fetch(request)
        } catch {
            // A platform that is just ending may have taken the connection without ever looking at it.
            let wasDropped = method == "GET" && (error.code == .readAborted || error.code == .sendAborted)
            guard error.code == .connect || wasDropped else { throw error }
            throw ServiceError(
                .modelUnavailable, "The server on this data directory does not answer.",
                hint: "Is it just starting or ending? Try again.", detail: String(reflecting: error))
        }
        guard !(200..<300).contains(response.status) else { return response }
        let bytes = try await response.body.collect(upTo: Self.answerBytesMax)
        throw WireError.serviceError(from: Self.parsed(bytes), status: response.status)
    }

    /// An error that is no JSON is an error all the same; its status tells enough.
    private static func parsed(_ bytes: [UInt8]) -> JSONValue {
        do { return try JSONValue.parse(bytes) } catch { return .null }
    }
}

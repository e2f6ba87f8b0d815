import HTTPServing
import Hosting
import JSONText
import RequestScope
import Vocabulary

/// Reads orders about deployments, and refuses those that a web page of somebody else sends.
extension DeploymentRoutes {
    /// Members of a body that are not configuration.
    static let termMembers = ["note", "if_version"]

    static func name(_ request: HTTPRequest) -> String { request.parameters.string("name") }

    /// The body as a JSON object. Pages of other origins can send no JSON without being allowed to (CORS).
    static func body(_ request: HTTPRequest, mayBeEmpty: Bool = false, mayBeList: Bool = false) async throws
        -> JSONField
    {
        let bytes = try await request.body.collect()
        if bytes.isEmpty, mayBeEmpty {
            try refuseForeignPages(request)
            return JSONField([:])
        }
        let type = request.headers["Content-Type"]?.lowercased() ?? ""
        guard type.hasPrefix("application/json") || type.hasPrefix("application/merge-patch+json") else {
            throw ServiceError(
                .unsupportedMediaType, "The body must be JSON.", hint: "Send Content-Type: application/json.")
        }
        guard mayBeList, bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "[") else {
            return try JSONField.body(bytes)
        }
        do {
            return JSONField(try JSONValue.parse(bytes))
        } catch {
            throw ServiceError(
                .invalidJSON, "The body is not valid JSON: \(error).", hint: "Send an object, or a list of names.")
        }
    }

    /// Source: W3C Fetch Metadata Request Headers, `Sec-Fetch-Site`.
    static func refuseForeignPages(_ request: HTTPRequest) throws(ServiceError) {
        guard request.headers["Sec-Fetch-Site"]?.lowercased() == "cross-site" else { return }
        throw ServiceError(.invalidValue, "A page of another site may not give orders.")
    }

    static func terms(_ body: JSONField, _ request: HTTPRequest) throws(ServiceError) -> ChangeTerms {
        do {
            // Whoever reaches the Unix socket may run programs anyway.
            return ChangeTerms(
                note: try body.optional("note")?.keptText(bytesIn: 0...1_000) ?? "",
                expectedVersion: try body.optional("if_version")?.integer(in: 0...Int(Int32.max)),
                allowsCommands: request.remoteAddress.isEmpty)
        } catch {
            throw ServiceError(reading: error)
        }
    }

    /// The name, whether to start it at once, and the configuration.
    static func creation(_ body: JSONField) throws(ServiceError) -> (name: String, start: Bool, spec: DeploymentSpec) {
        do {
            let name = try body.required("name").deploymentName()
            let start = try body.optional("start")?.bool() ?? false
            var members = try body.object()
            for other in termMembers + ["name", "start"] { members[other] = nil }
            return (name, start, try DeploymentSpec(reading: JSONField(.object(members))))
        } catch {
            throw ServiceError(reading: error)
        }
    }
}

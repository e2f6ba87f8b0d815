public import JSONText

/// The OpenAPI 3.1 document of a set of routes. Source: <https://spec.openapis.org/oas/v3.1.0>.
public enum OpenAPIDocument {
    public struct Info: Sendable, Equatable {
        public var title: String
        public var version: String
        public var summary: String?

        public init(title: String, version: String, summary: String? = nil) {
            self.title = title
            self.version = version
            self.summary = summary
        }
    }

    /// Every route that names its operation. A route with a permission asks for a bearer token.
    ///
    /// - Parameters:
    ///   - routes: in the order of the document.
    ///   - info: its head.
    ///   - errors: what an error of a route looks like, where the route itself does not say.
    /// - Returns: the document.
    public static func make(
        routes: [Route], info: Info, errors: (Route) -> RouteDescription.Content? = { _ in nil }
    ) -> JSONValue {
        var paths = JSONObject()
        for route in routes where route.description.operation != nil {
            let path = route.pattern.replacing("...}", with: "}")
            var item = paths[path]?.object ?? JSONObject()
            item[route.method.rawValue.lowercased()] = operation(of: route, errors(route))
            paths[path] = .object(item)
        }
        var about: JSONObject = ["title": .string(info.title), "version": .string(info.version)]
        about["summary"] = info.summary.map(JSONValue.string)
        return [
            "openapi": "3.1.0",
            "info": .object(about),
            "paths": .object(paths),
            "components": ["securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]]],
        ]
    }

    private static func operation(of route: Route, _ error: RouteDescription.Content?) -> JSONValue {
        let description = route.description
        var operation = JSONObject()
        operation["operationId"] = description.operation.map(JSONValue.string)
        if !description.summary.isEmpty { operation["summary"] = .string(description.summary) }
        if !description.tags.isEmpty { operation["tags"] = .array(description.tags.map(JSONValue.string)) }
        let parameters = parameters(of: route)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters.map(document)) }
        if !description.requestBodies.isEmpty {
            operation["requestBody"] = ["required": true, "content": content(description.requestBodies)]
        }
        operation["responses"] = responses(description.responses, error)
        if let permission = description.permission {
            operation["security"] = [["bearer": []]]
            operation["x-permission"] = .string(permission)
        }
        return .object(operation)
    }

    /// The described parameters, and after them the placeholders that nobody described.
    private static func parameters(of route: Route) -> [RouteDescription.Parameter] {
        let described = route.description.parameters
        let names = route.pattern.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map {
            String($0.dropFirst().dropLast().replacing("...", with: ""))
        }
        let missing = names.filter { name in !described.contains { $0.place == .path && $0.name == name } }
        return described + missing.map { RouteDescription.Parameter($0, in: .path) }
    }

    private static func document(_ parameter: RouteDescription.Parameter) -> JSONValue {
        var document: JSONObject = [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .bool(parameter.isRequired), "schema": parameter.schema,
        ]
        if !parameter.summary.isEmpty { document["description"] = .string(parameter.summary) }
        return .object(document)
    }

    private static func content(_ contents: [RouteDescription.Content]) -> JSONValue {
        .object(JSONObject(contents.map { ($0.contentType, $0.schema.map { ["schema": $0] } ?? [:]) }))
    }

    private static func responses(
        _ responses: [RouteDescription.Response], _ error: RouteDescription.Content?
    ) -> JSONValue {
        guard !responses.isEmpty else { return ["default": ["description": "Not described"]] }
        return .object(
            JSONObject(
                responses.map { response in
                    var document: JSONObject = ["description": .string(response.summary)]
                    let contents =
                        response.contents.isEmpty && response.status.rawValue >= 400
                        ? [error].compactMap(\.self) : response.contents
                    if !contents.isEmpty { document["content"] = content(contents) }
                    return (String(response.status.rawValue), .object(document))
                }))
    }
}

import Configuration
import Foundation
import JSONText
import Launch
import Vocabulary

/// `nexus deploy start`, and `nexus deploy --model NAME --variant Q4_K_M`, which is the same.
enum StartDeploymentCommand {
    private static let name = CommandOption<String>(
        "name", short: "n", .text("NAME", bytesMax: 128), "The deployment's name; the model's where it is left out.")
    private static let model = CommandOption<String>(
        "model", short: "m", .text("MODEL", bytesMax: 4_095), "A model of the catalogue, or a GGUF file.")
    private static let variant = CommandOption<String>(
        "variant", .text("TAG", bytesMax: 128), "The model's tag, such as its quantisation.")
    private static let summary = "Serve a model, or load a deployment that is there."

    static let all = [
        AdminCommand(
            "deploy start", summary,
            operands: [Operand("model", .one, "A deployment, a model of the catalogue, or a GGUF file.")],
            options: [name.declared, variant.declared] + DeploymentOptions.declared
        ) { call in
            try await run(call.parsed.operands[0], call)
        },
        AdminCommand(
            "deploy", summary, operands: [Operand("model", .optional, "As --model.")],
            options: [model.declared, variant.declared, name.declared] + DeploymentOptions.declared
        ) { call in
            guard let model = call.parsed[model] ?? call.parsed.operands.first else {
                throw UsageError(problem: "A model is missing.", hint: "See `nexus help deploy`.")
            }
            try await run(model, call)
        },
    ]

    private static func run(_ asked: String, _ call: AdminCall) async throws {
        try call.admin.requireServer(to: "serve a model")
        let members = try DeploymentOptions.members(call.parsed)
        let given = call.parsed[variant].map { "\(asked):\($0)" } ?? asked
        let name = call.parsed[name] ?? deploymentName(for: given)
        if let found = try await known(name, call) {
            if members.isEmpty { return try await load(found["name"]?.string ?? name, call) }
            throw ServiceError(
                .conflict, "There is a deployment '\(name)'.",
                hint: "nexus deploy change \(name) … changes it; --name makes another.")
        }
        var body = members
        body["name"] = .string(name)
        body["start"] = true
        // A server elsewhere has its own; a program and a container may do without a file.
        let isFile = DeploymentOptions.model(given) != given || given.hasPrefix("/")
        if body["kind"] == nil || (body["kind"] != "remote" && isFile) {
            body["model"] = body["model"] ?? .string(DeploymentOptions.model(given))
        }
        call.remark("loading '\(name)' …")
        call.show(try await call.admin.post("/api/v1/deployments", .object(body))) {
            ListDeploymentsCommand.text(of: $0, for: call.output)
        }
    }

    private static func load(_ name: String, _ call: AdminCall) async throws {
        call.remark("loading '\(name)' …")
        call.show(try await call.admin.post(DeployCommand.path(name, "/start"))) {
            ListDeploymentsCommand.text(of: $0, for: call.output)
        }
    }

    private static func known(_ name: String, _ call: AdminCall) async throws -> JSONValue? {
        do {
            return try await call.admin.get(DeployCommand.path(name))
        } catch let error as ServiceError where error.code == .notFound {
            return nil
        }
    }

    /// A file's name without its suffix; any other text as it is.
    static func deploymentName(for text: String) -> String {
        guard text.hasSuffix(".gguf") || text.hasPrefix("/") || text.hasPrefix(".") else { return text }
        return ModelOption.name(for: text)
    }
}

import Configuration
import JSONText
import Testing

/// Loads from texts; the file is `nexus.yaml`.
private func load(
    _ file: String? = nil, arguments: [(String, String)] = [], environment: [String: String] = [:],
    profile: String? = nil, files: [String: String] = [:]
) throws(ConfigurationErrors) -> Configuration.Loaded {
    var files = files
    files["nexus.yaml"] = file
    let known = files
    return try Configuration.load(
        ConfigurationInputs(
            arguments: arguments.map { ConfigurationArgument(flag: $0.0, value: $0.1) },
            file: file == nil ? nil : "nexus.yaml", profile: profile,
            environment: environment.merging(["HOME": "/home/u"]) { given, _ in given },
            readFile: { path in known[path].map { Array($0.utf8) } }))
}

private func problems(
    _ file: String? = nil, arguments: [(String, String)] = [], environment: [String: String] = [:],
    profile: String? = nil, files: [String: String] = [:]
) -> [String] {
    do {
        _ = try load(file, arguments: arguments, environment: environment, profile: profile, files: files)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Suite struct ConfigurationLoadTests {
    @Test func `nothing given means the defaults`() throws {
        let configuration = try load().configuration
        #expect(configuration == Configuration(dataDir: "/home/u/.local/share/llama-nexus"))
        #expect(try load(environment: ["XDG_DATA_HOME": "/d"]).configuration.dataDir == "/d/llama-nexus")
    }

    @Test func `arguments beat environment, which beats the profile, which beats the file`() throws {
        let file = "server: {port: 1}\nprofiles:\n  dev:\n    server: {port: 2}\n"
        func port(_ arguments: [(String, String)], _ environment: [String: String], _ profile: String?) throws -> Int {
            try load(file, arguments: arguments, environment: environment, profile: profile).configuration.server.port
        }
        #expect(try port([], [:], nil) == 1)
        #expect(try port([], [:], "dev") == 2)
        #expect(try port([], ["NEXUS_SERVER_PORT": "3", "NEXUS_PROFILE": "dev"], nil) == 3)
        #expect(try port([("--port", "4")], ["NEXUS_SERVER_PORT": "3"], "dev") == 4)
        #expect(try port([("--port", "4"), ("--server.port", "5")], [:], nil) == 5)
    }

    @Test func `weights of tenants are read, and bad ones refused`() throws {
        let expected = [
            WeightConfiguration(tenant: "acme", weight: 4), WeightConfiguration(tenant: "bob", weight: 0.5),
        ]
        #expect(try load("gateway: {weights: {acme: 4, bob: 0.5}}").configuration.gateway.weights == expected)
        #expect(
            try load(environment: ["NEXUS_GATEWAY_WEIGHTS": "acme=4, bob=0.5"]).configuration.gateway.weights
                == expected)
        for bad in ["{acme: 0}", "{acme: 101}", "{acme: heavy}", "[acme]", "{'': 1}"] {
            #expect(problems("gateway: {weights: \(bad)}").count == 1, "\(bad)")
        }
    }

    @Test func `every kind of value is read from a file`() throws {
        let file = """
            dataDir: /var/lib/nexus
            server:
              unixSocket: /run/nexus.sock
              tls: {certificate: c.pem, key: k.pem}
              cors: {origins: ["https://a.example", "http://localhost:3000"]}
              limits: {headerBytes: 64KiB, bodyBytes: 1048576}
              timeouts: {idle: 1.5m, request: 500ms}
            storage: {url: "postgresql://u:geheim@db/nexus"}
            log: {level: debug, format: json}
            telemetry: {otlp: {endpoint: "http://otel:4318", headers: {authorization: Bearer geheim}}, sampling: 0.25}
            engine: {threads: 8, contextTokens: auto, restart: {initial: 1s, max: 1m}}
            models:
              llama-3.2:1b: {path: /m/l.gguf, projector: /m/p.gguf, contextTokens: 8192, sampling: {temperature: 0.2, seed: 7}, note: small}
              far: {url: "https://api.example/v1", apiKey: geheim, upstreamModel: gpt, autostart: false}
            defaultModel: far
            """
        let loaded = try load(file)
        let configuration = loaded.configuration
        #expect(configuration.server.tls == TLSFiles(certificate: "c.pem", key: "k.pem"))
        #expect(configuration.server.limits.headerBytes == .kibibytes(64))
        #expect(configuration.server.limits.bodyBytes == .mebibytes(1))
        #expect(configuration.server.timeouts.idle == .seconds(90))
        #expect(configuration.storage == .postgres(url: Secret("postgresql://u:geheim@db/nexus")))
        #expect(configuration.telemetry.headers.map(\.name) == ["authorization"])
        let small = try #require(configuration.model(named: "llama-3.2:1b"))
        #expect(small.source == .file(path: "/m/l.gguf", projector: "/m/p.gguf"))
        #expect(small.engine.contextTokens == 8192 && small.engine.threads == 8 && small.engine.parallel == 4)
        #expect(small.sampling.temperature == 0.2 && small.sampling.seed == 7)
        let far = try #require(configuration.model(named: "far"))
        #expect(far.source == .external(url: "https://api.example/v1", model: "gpt", apiKey: Secret("geheim")))
        #expect(!far.autostart)

        // No rendering of the whole may contain a secret.
        let renderings = [
            loaded.report.table(), loaded.report.json.text, loaded.report.file.yamlText, "\(configuration)",
            String(reflecting: configuration),
        ]
        for rendering in renderings { #expect(!rendering.contains("geheim")) }
        #expect(loaded.report.table().contains("(set, hidden)"))
        #expect(loaded.report.entries.first { $0.path == "log.level" }?.source.description == "nexus.yaml:9:14")
    }

    @Test func `an export is a file that gives the same values`() throws {
        let first = try load("server: {port: 99}\nmodels: {a.b: {path: x, threads: 3}}\ndefaultModel: a.b")
        let second = try load(first.report.file.yamlText)
        #expect(first.configuration == second.configuration)
        #expect(try load(first.report.file.prettyText).configuration == first.configuration)
    }

    @Test func `all problems are reported at once, each with its place`() {
        let file = "server:\n  prot: 80\n  port: 70000\nlog: {level: loud}\nport: 1\n"
        let found = problems(
            file, arguments: [("--engine.parallel", "0")],
            environment: ["NEXUS_SERVER_PROT": "1", "NEXUS_LOG_FORMAT": "xml"])
        #expect(
            found == [
                "nexus.yaml:2:3: server.prot is not a known key; did you mean server.port?",
                "nexus.yaml:5:1: port is not a known key; did you mean server.port?",
                "nexus.yaml:3:9: server.port must be an integer from 0 to 65535, not 70000",
                "nexus.yaml:4:14: log.level must be one of trace, debug, info, warning, error, not \"loud\"",
                "NEXUS_SERVER_PROT: is not a known variable; did you mean NEXUS_SERVER_PORT?",
                "NEXUS_LOG_FORMAT: log.format must be one of auto, human, json, not \"xml\"",
                "--engine.parallel: engine.parallel must be an integer from 1 to 256, not \"0\"",
            ])
    }

    @Test(arguments: [
        ("server: {tls: {key: k}}", "needs server.tls.certificate too"),
        ("models: {a: {}}", ""),
        ("models: {a: {note: x}}", "needs path"),
        ("models: {a: {path: x, url: 'http://h'}}", "both path and url"),
        ("models: {a: {path: x, apiKey: geheim}}", "goes with url"),
        ("models: {a b: {path: x}}", "has a model named"),
        ("models: {a: {path: x}}\ndefaultModel: b", "names 'b'"),
        ("engine: {restart: {initial: 10s, max: 1s}}", "is longer than"),
        ("server: {port: '80'}", "must be an integer"),
        ("server: {drain: 30}", "must be a duration with a unit"),
        ("server: 8484", "must be a mapping"),
        ("storage: {url: 'mysql://u:geheim@h'}", "must be empty"),
        ("profiles: {dev: {log: {level: geheim}}}", "(profile dev): log.level"),
        ("profile: prod\nprofiles: {dev: {}}", "there are dev"),
        ("a: b: c", "is not valid"),
    ])
    func `what does not fit together is refused`(file: String, sentence: String) {
        let found = problems(file)
        if sentence.isEmpty { return #expect(found == []) }
        #expect(found.count == 1 && found[0].contains(sentence), "\(found)")
        #expect(!found.joined().contains("geheim") || sentence.contains("profile"))
    }

    @Test func `secrets may live in files of their own`() throws {
        let loaded = try load(
            "storage: {urlFile: /run/secrets/db}", environment: ["NEXUS_TELEMETRY_OTLP_HEADERS_FILE": "/h"],
            files: ["/run/secrets/db": "postgresql://db/n\n", "/h": "a=b, c=d"])
        #expect(loaded.configuration.storage == .postgres(url: Secret("postgresql://db/n")))
        #expect(loaded.configuration.telemetry.headers.map(\.name) == ["a", "c"])
        let named = try load("hub: {token: 'file:/run/secrets/hub'}", files: ["/run/secrets/hub": "t0ken\n"])
        #expect(named.configuration.hub.token?.revealed == "t0ken")
        #expect(problems("hub: {token: 'file:/none'}").first?.contains("does not exist") == true)
        #expect(problems("storage: {urlFile: /none}").first?.contains("does not exist") == true)
        #expect(
            problems("storage: {urlFile: /s, url: ''}", files: ["/s": ""]).first?.contains("set twice") == true)
    }

    @Test func `one model is set from the command line`() throws {
        let arguments = [("--models.llama-3.2.path", "m.gguf"), ("--models.llama-3.2.sampling.topK", "5")]
        let model = try #require(try load(arguments: arguments).configuration.model(named: "llama-3.2"))
        #expect(model.source == .file(path: "m.gguf") && model.sampling.topK == 5)
    }

    @Test func `variables of others and empty ones are left alone`() throws {
        let environment = [
            "NEXUS_PORT": "tcp://10.0.0.1:8484", "NEXUS_SERVICE_HOST": "10.0.0.1", "NEXUS_LLAMA_PREFIX": "/x",
            "NEXUS_SERVER_PORT": "", "PATH": "/bin",
        ]
        #expect(try load(environment: environment).configuration.server.port == 8484)
    }

    @Test func `variables that other programs read count where nothing of ours is set`() throws {
        let usual = ["HF_TOKEN": "hf_usual", "HF_ENDPOINT": "https://mirror.test"]
        let loaded = try load(environment: usual)
        #expect(loaded.configuration.hub.url == "https://mirror.test")
        #expect(loaded.configuration.hub.token?.revealed == "hf_usual")
        #expect(
            loaded.report.entries.filter { $0.path.hasPrefix("hub.") }.prefix(2).map(\.source.description)
                == ["HF_ENDPOINT", "HF_TOKEN"])
        #expect(!loaded.report.table().contains("hf_usual"))
        #expect(try load("hub: {token: own}", environment: usual).configuration.hub.token?.revealed == "own")
        let both = usual.merging(["NEXUS_HUB_TOKEN": "own"]) { $1 }
        #expect(try load(environment: both).configuration.hub.token?.revealed == "own")
        let file = usual.merging(["NEXUS_HUB_TOKEN_FILE": "/t"]) { $1 }
        #expect(try load(environment: file, files: ["/t": "own\n"]).configuration.hub.token?.revealed == "own")
        #expect(try load(environment: ["HF_TOKEN": ""]).configuration.hub.token == nil)
        #expect(
            problems(environment: ["HF_ENDPOINT": "mirror"]).first?.hasPrefix("HF_ENDPOINT: hub.url must be") == true)
    }

    @Test func `a named file must exist, the usual one need not`() throws {
        #expect(problems(environment: ["NEXUS_CONFIG": "gone.yaml"]).first?.contains("does not exist") == true)
        let usual = ["/home/u/.config/llama-nexus/nexus.yaml": "server: {port: 7}"]
        #expect(try load(files: usual).configuration.server.port == 7)
    }

    @Test func `the schema describes every key of a full report`() throws {
        let schema = Configuration.fileSchema
        for entry in try load().report.entries {
            var node: JSONValue? = schema
            for component in entry.path.split(separator: ".") { node = node?["properties"]?[String(component)] }
            #expect(node?["description"] != nil, "\(entry.path)")
        }
    }
}

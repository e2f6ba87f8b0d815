// swift-tools-version: 6.2
import Foundation
import PackageDescription

// The Makefile exports NEXUS_LLAMA_PREFIX (where `scripts/llama-runtime.sh` put llama.cpp). Without it the platform is
// built alone: it serves remote engines, and only `nexus-engine`, which links llama.cpp, is left out.
let llamaPrefix = ProcessInfo.processInfo.environment["NEXUS_LLAMA_PREFIX"]

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
/// For every module that imports C: each unsafe expression says so.
let boundary = strict + [.strictMemorySafety()]

/// The toolchain's own linker: it takes a second instead of four, and lays code out so that a request costs 3 % less.
let linker: [LinkerSetting] = [.unsafeFlags(["-use-ld=lld"])]

enum Layer: String {
    case ground = "Ground"
    case adapters = "Adapters"
    case domain = "Domain"
    case apis = "APIs"
    case app = "App"
}

func module(
    _ name: String, in layer: Layer, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict,
    resources: [Resource] = [], libraries: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(layer.rawValue)/\(name)", exclude: ["README.md"],
        resources: resources, swiftSettings: settings,
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

func door(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/CDoors/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: strict)
}

var targets: [Target] = [
    // C doors: a module map and a shim, nothing else.
    door("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    door("CWslay", apt: "libwslay-dev"),
    door("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    door("CBrotli", pkgConfig: "libbrotlienc", apt: "libbrotli-dev"),
    door("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    door("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    door("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
    door("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    door("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
    door("CHiredis", pkgConfig: "hiredis", apt: "libhiredis-dev"),
    door("CLDAP", pkgConfig: "ldap", apt: "libldap-dev"),
    door("CXMLSec", pkgConfig: "xmlsec1-openssl", apt: "libxmlsec1-dev"),
    door("CPango", pkgConfig: "pangocairo", apt: "libpango1.0-dev"),
    door("CMarkdown", pkgConfig: "libcmark-gfm", apt: "libcmark-gfm-dev"),
    door("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    // A request's memory is taken by one thread and given back by another, where glibc's malloc waits for locks.
    .target(name: "CJemalloc", path: "Sources/CDoors/CJemalloc", linkerSettings: [.linkedLibrary("jemalloc")]),
    // What must run between fork and exec, where Swift code must not.
    .target(name: "CProcesses", path: "Sources/CDoors/CProcesses"),
    .target(name: "CLogits", path: "Sources/CDoors/CLogits"),

    // Ground: no I/O, imports nothing above it.
    module("JSONText", in: .ground, libraries: ["m"]),
    module("Vocabulary", in: .ground, ["JSONText"]),
    module("Streaming", in: .ground),
    module("Telemetry", in: .ground, ["JSONText", "Vocabulary"]),
    module("GGUF", in: .ground),
    module("Templates", in: .ground, ["JSONText", "Vocabulary"]),
    module("Digests", in: .ground, ["CCrypto"], settings: boundary),
    module("Vectors", in: .ground),
    module("MediaFiles", in: .ground),
    module("ModelFormats", in: .ground, ["GGUF", "JSONText"]),
    module("Grammar", in: .ground, ["JSONText"]),
    module("Sampling", in: .ground, ["CLogits", "Vocabulary"], libraries: ["m"]),
    module("ChatFormats", in: .ground, ["Vocabulary", "JSONText", "Grammar"]),

    // Adapters: the outside world, each behind a narrow door.
    module(
        "HTTPServing", in: .adapters, ["CMicroHTTPD", "CWslay", "CZlib", "CBrotli", "JSONText", "Streaming"],
        settings: boundary),
    module("HTTPFetching", in: .adapters, ["CCurl", "Streaming"], settings: boundary),
    module("Storage", in: .adapters, ["CSQLite", "CPostgres"], settings: boundary),
    module("CacheFiles", in: .adapters, ["Digests"], settings: boundary),
    module("Processes", in: .adapters, ["CProcesses"], settings: boundary),
    module("Cryptography", in: .adapters, ["CCrypto", "CSodium"], settings: boundary),
    module("Directories", in: .adapters, ["CLDAP"], settings: boundary),
    module("SignedXML", in: .adapters, ["CXMLSec"], settings: boundary),
    module("Redis", in: .adapters, ["CHiredis"], settings: boundary),
    module("Documents", in: .adapters, ["CMarkdown", "CPango"], settings: boundary),

    // Domain: policy and state machines.
    module(
        "Inference", in: .domain,
        ["ChatFormats", "Grammar", "JSONText", "Sampling", "Streaming", "Templates", "Vocabulary"]),
    module("Hosting", in: .domain, ["GGUF", "JSONText", "Vocabulary"]),
    module("Jobs", in: .domain, ["JSONText", "Vocabulary"]),
    module("ModelCatalog", in: .domain, ["Digests", "GGUF", "JSONText", "ModelFormats", "Vocabulary"]),
    module("ModelHub", in: .domain, ["Digests", "JSONText", "Streaming", "Vocabulary"]),
    module("Hardware", in: .domain, ["Hosting", "JSONText", "Vocabulary"]),
    module("Access", in: .domain, ["Digests", "JSONText", "Telemetry", "Vocabulary"]),
    module("Gateway", in: .domain, ["Digests", "Inference", "JSONText", "Streaming", "Vectors", "Vocabulary"]),
    module("Conversations", in: .domain, ["JSONText", "Telemetry", "Vectors", "Vocabulary"]),

    // APIs: wire types and translation.
    module("RequestScope", in: .apis, ["Vocabulary", "JSONText", "Telemetry", "HTTPServing"]),
    module("OpenAIAPI", in: .apis, ["Vocabulary", "JSONText", "Streaming", "HTTPServing", "RequestScope"]),
    module(
        "ResponsesAPI", in: .apis,
        ["Conversations", "Vocabulary", "JSONText", "Streaming", "HTTPServing", "RequestScope", "OpenAIAPI"]),
    module(
        "MessagesAPI", in: .apis, ["Vocabulary", "JSONText", "Streaming", "HTTPServing", "RequestScope", "OpenAIAPI"]),
    module(
        "OllamaAPI", in: .apis,
        ["Vocabulary", "JSONText", "Streaming", "HTTPServing", "RequestScope", "OpenAIAPI", "Telemetry"]),
    module("LlamaServerAPI", in: .apis, ["Vocabulary", "JSONText", "HTTPServing", "RequestScope"]),
    module(
        "AdminAPI", in: .apis,
        [
            "Access", "Conversations", "Gateway", "HTTPServing", "Hardware", "Hosting", "Jobs", "JSONText",
            "ModelCatalog", "ModelHub", "RequestScope", "Streaming", "Telemetry", "Vocabulary",
        ]),
    module("WebApp", in: .apis, ["HTTPServing"], resources: [.embedInCode("Pages")]),

    // App: reads the environment, builds everything, owns lifetimes.
    module("Configuration", in: .app, ["CYAML", "JSONText"], settings: boundary),
    module("Launch", in: .app, ["Configuration", "RequestScope", "Telemetry", "Templates", "Vocabulary"]),
    module(
        "Records", in: .app,
        [
            "Access", "Conversations", "Digests", "Gateway", "Hardware", "Hosting", "Jobs", "JSONText", "ModelCatalog",
            "ModelHub", "Storage", "Telemetry", "Vectors", "Vocabulary",
        ]),
    module(
        "Platform", in: .app,
        [
            "Access", "AdminAPI", "Configuration", "Conversations", "Cryptography", "Digests", "Directories",
            "Documents",
            "GGUF", "Gateway", "Hardware", "Hosting", "HTTPFetching", "HTTPServing", "Jobs", "JSONText", "Launch",
            "LlamaServerAPI", "MessagesAPI", "ModelCatalog", "ModelFormats", "ModelHub", "OllamaAPI", "OpenAIAPI",
            "Processes", "Records", "Redis", "RequestScope", "ResponsesAPI", "SignedXML", "Storage", "Streaming",
            "Telemetry", "Vectors", "Vocabulary", "WebApp",
        ]),
    .executableTarget(
        name: "nexus", dependencies: ["CJemalloc", "Configuration", "Platform"], path: "Sources/App/nexus",
        swiftSettings: strict, linkerSettings: linker),

    .executableTarget(
        name: "bench-server", dependencies: ["HTTPServing", "JSONText", "Streaming"], path: "Benchmarks/BenchServer",
        swiftSettings: strict),
    .executableTarget(name: "bench-upstream", path: "Benchmarks/BenchUpstream"),
    .executableTarget(name: "bench-load", path: "Benchmarks/BenchLoad"),
    .executableTarget(
        name: "bench-model", dependencies: ["GGUF"], path: "Benchmarks/BenchModel", swiftSettings: strict),

    // Tests mirror the sources. Suites that need disks, sockets, servers or child processes are targets of their own.
    .target(name: "TestRandomness", path: "Tests/TestRandomness", swiftSettings: strict),
    .target(
        name: "TestModels", dependencies: ["GGUF", "TestRandomness"], path: "Tests/TestModels", swiftSettings: strict),
    .target(
        name: "TestAnswers", dependencies: ["Streaming", "TestRandomness", "Vocabulary"], path: "Tests/TestAnswers",
        swiftSettings: strict),
    // Real servers that tests start for themselves.
    .target(name: "TestServers", dependencies: ["Storage"], path: "Tests/TestServers", swiftSettings: strict),
    tests("TidyTests", []),
    tests("JSONTextTests", ["TestRandomness", "JSONText"]),
    tests("VocabularyTests", ["Vocabulary", "JSONText"]),
    tests("StreamingTests", ["TestRandomness", "Streaming"]),
    tests("TelemetryTests", ["TestRandomness", "Telemetry", "JSONText"]),
    tests("GGUFTests", ["TestRandomness", "GGUF"]),
    tests("DigestsTests", ["Digests"]),
    tests("VectorsTests", ["TestRandomness", "Vectors"]),
    tests("MediaFilesTests", ["MediaFiles", "TestRandomness"]),
    tests("ModelFormatsTests", ["GGUF", "JSONText", "ModelFormats", "TestModels", "TestRandomness"]),
    tests("TemplatesTests", ["TestRandomness", "Templates", "JSONText"], exclude: ["reference.py"]),
    tests("GrammarTests", ["TestRandomness", "Grammar", "JSONText"]),
    // Sentences of the grammars of JSON Schemas, for the validator of Tests/Integration.
    .executableTarget(
        name: "schema-fixture", dependencies: ["TestRandomness", "Grammar", "JSONText"], path: "Tests/SchemaFixture",
        swiftSettings: strict),
    tests("SamplingTests", ["TestRandomness", "Sampling", "Vocabulary"]),
    tests("ChatFormatsTests", ["TestRandomness", "ChatFormats", "Grammar", "JSONText", "Vocabulary"]),
    tests("HTTPServingTests", ["HTTPServing", "JSONText", "Streaming"]),
    // A server for the WebSocket and HTTP clients of Tests/Integration.
    .executableTarget(
        name: "serving-fixture", dependencies: ["HTTPServing", "JSONText", "Streaming"], path: "Tests/ServingFixture",
        swiftSettings: strict),
    tests("HTTPFetchingTests", ["HTTPFetching", "HTTPServing", "Streaming"]),
    tests("StorageTests", ["Storage", "TestServers"]),
    tests("CacheFilesTests", ["CacheFiles", "Digests", "TestRandomness"]),
    tests("ProcessesTests", ["Processes"]),
    tests("CryptographyTests", ["Cryptography"]),
    tests("DirectoriesTests", ["Directories"]),
    tests("SignedXMLTests", ["SignedXML"]),
    tests("DocumentsTests", ["Documents", "TestRandomness"]),
    tests("RedisTests", ["Redis", "TestServers"]),
    tests("AccessTests", ["Access", "Digests", "JSONText", "Telemetry", "TestRandomness", "Vocabulary"]),
    tests(
        "GatewayTests", ["Gateway", "JSONText", "Streaming", "TestAnswers", "TestRandomness", "Vectors", "Vocabulary"]),
    tests("ConversationsTests", ["Conversations", "JSONText", "TestRandomness", "Vectors", "Vocabulary"]),
    tests("ConfigurationTests", ["Configuration", "JSONText"]),
    tests(
        "InferenceTests",
        ["ChatFormats", "Grammar", "Inference", "JSONText", "Sampling", "Streaming", "TestRandomness", "Vocabulary"]),
    tests("HostingTests", ["GGUF", "TestModels", "TestRandomness", "Hosting", "JSONText", "Vocabulary"]),
    tests("JobsTests", ["Jobs", "JSONText", "TestRandomness", "Vocabulary"]),
    tests(
        "ModelCatalogTests",
        ["Digests", "GGUF", "JSONText", "ModelCatalog", "ModelFormats", "TestModels", "TestRandomness", "Vocabulary"]),
    tests("ModelHubTests", ["Digests", "JSONText", "ModelHub", "Streaming", "TestRandomness", "Vocabulary"]),
    tests(
        "HardwareTests", ["GGUF", "Hardware", "Hosting", "JSONText", "TestRandomness", "Vocabulary"],
        exclude: ["README.md"]),
    tests(
        "AdminAPITests",
        [
            "Access", "AdminAPI", "Conversations", "Gateway", "HTTPServing", "Hardware", "Hosting", "Jobs", "JSONText",
            "ModelCatalog", "ModelHub", "RequestScope", "TestRandomness", "Vocabulary",
        ]),
    tests(
        "RecordsTests",
        [
            "Access", "Conversations", "Gateway", "Hardware", "Hosting", "Jobs", "JSONText", "ModelCatalog", "ModelHub",
            "Records", "Storage", "Telemetry", "TestRandomness", "TestServers", "Vectors", "Vocabulary",
        ]),
    tests(
        "PlatformTests",
        [
            "Access", "AdminAPI", "Configuration", "Conversations", "Cryptography", "GGUF", "Gateway", "Hardware",
            "Hosting", "HTTPFetching", "HTTPServing", "Jobs", "JSONText", "Launch", "ModelCatalog", "ModelHub",
            "OpenAIAPI", "Platform", "Processes", "Records", "Redis", "RequestScope", "Storage", "Streaming",
            "Telemetry", "TestAnswers", "TestModels", "TestRandomness", "TestServers", "Vectors", "Vocabulary",
        ]),
    tests(
        "RequestScopeTests",
        ["HTTPFetching", "HTTPServing", "JSONText", "RequestScope", "Telemetry", "Vocabulary"]),
    tests(
        "OpenAIAPITests",
        [
            "TestAnswers", "TestRandomness", "OpenAIAPI", "Vocabulary", "JSONText", "Streaming", "HTTPServing",
            "RequestScope", "Telemetry",
        ]),
    tests(
        "ResponsesAPITests",
        [
            "Conversations", "TestAnswers", "TestRandomness", "OpenAIAPI", "ResponsesAPI", "Vocabulary", "JSONText",
            "Streaming", "HTTPServing", "RequestScope",
        ]),
    tests(
        "MessagesAPITests",
        [
            "TestAnswers", "TestRandomness", "MessagesAPI", "OpenAIAPI", "Vocabulary", "JSONText", "Streaming",
            "HTTPServing", "RequestScope", "Telemetry",
        ]),
    tests(
        "OllamaAPITests",
        [
            "TestAnswers", "TestRandomness", "OllamaAPI", "OpenAIAPI", "Vocabulary", "JSONText", "Streaming",
            "HTTPServing", "RequestScope", "Telemetry",
        ]),
    tests("LlamaServerAPITests", ["LlamaServerAPI", "Vocabulary", "JSONText", "HTTPServing", "RequestScope"]),
]

var products: [Product] = [.executable(name: "nexus", targets: ["nexus"])]

if let llamaPrefix {
    let runtimePath: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "\(llamaPrefix)/lib"])]
    products.append(.executable(name: "nexus-engine", targets: ["nexus-engine"]))
    targets += [
        .systemLibrary(name: "CLlama", path: "Sources/CDoors/CLlama", pkgConfig: "llama"),
        .target(
            name: "CLlamaShim", dependencies: ["CLlama"], path: "Sources/CDoors/CLlamaShim",
            cxxSettings: [.unsafeFlags(["-I\(llamaPrefix)/include"])]),
        .target(
            name: "CMediaShim", dependencies: ["CLlama"], path: "Sources/CDoors/CMediaShim",
            cxxSettings: [.unsafeFlags(["-I\(llamaPrefix)/include"])], linkerSettings: [.linkedLibrary("mtmd")]),
        module("LlamaRuntime", in: .adapters, ["CLlama", "CLlamaShim", "CMediaShim", "GGUF"], settings: boundary),
        module(
            "EngineWorker", in: .app,
            [
                "CacheFiles", "ChatFormats", "Configuration", "Digests", "GGUF", "Grammar", "HTTPServing", "Inference",
                "JSONText", "Launch", "LlamaRuntime", "LlamaServerAPI", "MediaFiles", "MessagesAPI", "OpenAIAPI",
                "RequestScope", "ResponsesAPI", "Sampling", "Streaming", "Telemetry", "Templates", "Vocabulary",
                "WebApp",
            ]),
        .executableTarget(
            name: "nexus-engine", dependencies: ["Configuration", "EngineWorker"], path: "Sources/App/nexus-engine",
            swiftSettings: strict, linkerSettings: runtimePath + linker),
        .executableTarget(
            name: "bench-decode", dependencies: ["LlamaRuntime"], path: "Benchmarks/BenchDecode",
            swiftSettings: strict, linkerSettings: runtimePath),
        .executableTarget(
            name: "bench-perplexity", dependencies: ["LlamaRuntime"], path: "Benchmarks/BenchPerplexity",
            swiftSettings: strict, linkerSettings: runtimePath),
        .executableTarget(
            name: "bench-quantize", dependencies: ["CLlama"], path: "Benchmarks/BenchQuantize",
            cSettings: [.unsafeFlags(["-I\(llamaPrefix)/include"])], linkerSettings: runtimePath),
        .testTarget(
            name: "LlamaRuntimeTests",
            dependencies: ["GGUF", "LlamaRuntime", "Sampling", "TestModels", "TestRandomness", "Vocabulary"],
            path: "Tests/LlamaRuntimeTests", swiftSettings: strict, linkerSettings: runtimePath),
        .testTarget(
            name: "EngineWorkerTests",
            dependencies: [
                "Configuration", "EngineWorker", "GGUF", "Inference", "JSONText", "LlamaRuntime", "LlamaServerAPI",
                "Telemetry",
                "TestModels", "TestRandomness", "Vocabulary",
            ],
            path: "Tests/EngineWorkerTests", swiftSettings: strict, linkerSettings: runtimePath),
    ]
}

let package = Package(
    name: "llama-nexus", products: products, targets: targets, swiftLanguageModes: [.v6], cxxLanguageStandard: .cxx17)

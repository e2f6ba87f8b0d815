/// The words that this code base does without.
enum HouseRules {
    static let bans = crashes + concurrency + surroundings + leftovers + places

    private static let crashes = [
        Ban("try!", instead: "throw, or state the invariant with preconditionFailure"),
        Ban("as!", instead: "use as? and say what happens otherwise"),
        Ban(
            "fatalError(",
            instead: "preconditionFailure(\"why impossible\") for a programmer's error, throw for any other"),
        Ban(
            "unsafeBitCast", instead: "convert the value",
            allowed: [
                Ban.Allowance(
                    path: "Sources/Adapters/Storage/SQLite/SQLiteStatement.swift",
                    reason: "SQLITE_TRANSIENT is a cast of -1 to a function pointer in C, too")
            ]),
        Ban(
            "try?", instead: "handle the error, or let it go up: a swallowed one is found by nobody",
            within: ["Sources"],
            allowed: [
                Ban.Allowance(
                    path: "Sources/Adapters/Storage/Pooling/SessionPool.swift",
                    reason: "a sleep throws only when it is cancelled, and then there is nothing left to time out"),
                Ban.Allowance(
                    path: "Sources/App/Platform/Serving/SocketDirectory.swift",
                    reason: "an empty folder that cannot be removed harms nobody"),
                Ban.Allowance(
                    path: "Sources/App/Platform/Workers/RemoteModel.swift",
                    reason: "an error answer that is not JSON is an error all the same; its status tells enough"),
                Ban.Allowance(
                    path: "Sources/App/Platform/Workers/WorkerOutput.swift",
                    reason: "a line that is not JSON is logged as it is"),
                Ban.Allowance(
                    path: "Sources/Domain/Inference/Admission/ChatTemplate.swift",
                    reason: "arguments that a model wrote and that are not JSON are passed on as text"),
            ]),
    ]

    private static let concurrency = [
        Ban("@unchecked Sendable", instead: "Mutex, an actor, or a value type"),
        Ban(
            "nonisolated(unsafe)", instead: "Mutex, an actor, or a value type",
            allowed: [
                Ban.Allowance(
                    path: "Sources/Adapters/LlamaRuntime/LlamaModel.swift",
                    reason: "llama.cpp never changes a loaded model; the pointers are constants until deinit"),
                Ban.Allowance(
                    path: "Sources/Adapters/LlamaRuntime/LlamaAdapter.swift",
                    reason: "llama.cpp never changes a loaded adapter; the pointer is valid as long as the model"),
                Ban.Allowance(
                    path: "Sources/Adapters/LlamaRuntime/LlamaProjector.swift",
                    reason: "libmtmd reads files and prompts from any thread; the pointer is a constant until deinit"),
                Ban.Allowance(
                    path: "Sources/Adapters/LlamaRuntime/LlamaMediaChunk.swift",
                    reason: "pixels and chunks never change; the pointers are constants until deinit"),
                Ban.Allowance(
                    path: "Tests/InferenceTests/ScriptedRuntime.swift",
                    reason: "several threads call the same closure, as those of llama.cpp do, and are done when it ends"
                ),
            ]),
        Ban("Task.detached", instead: "a task group, or a task that somebody owns and ends"),
        Ban("NSLock", instead: "Mutex"),
        Ban("DispatchQueue", instead: "an actor, or a thread with a mailbox for what blocks", within: ["Sources"]),
        Ban("DispatchQueue.main", instead: "an actor: nobody runs a main queue here"),
        Ban("Thread.sleep", instead: "a clock that is passed in; in tests poll a condition with a deadline"),
        Ban(
            "usleep", instead: "a clock that is passed in; in tests poll a condition with a deadline",
            allowed: [
                Ban.Allowance(
                    path: "Tests/HTTPFetchingTests/FailureTests.swift",
                    reason: "the test's own server is slow on purpose, on its own thread"),
                Ban.Allowance(
                    path: "Tests/HTTPFetchingTests/FetchTests.swift",
                    reason: "the test's own server is slow on purpose, on its own thread"),
                Ban.Allowance(
                    path: "Tests/HTTPFetchingTests/RawServer.swift",
                    reason: "the test's own server waits for its peer, with a deadline, on its own thread"),
                Ban.Allowance(
                    path: "Tests/HTTPServingTests/RobustnessTests.swift",
                    reason: "a client that is slow on purpose, on its own thread"),
                Ban.Allowance(
                    path: "Tests/StorageTests/DurabilityTests.swift",
                    reason: "polls a condition with a deadline, on a thread that must not wait for the task pool"),
            ]),
        Ban("nanosleep", instead: "a clock that is passed in; in tests poll a condition with a deadline"),
    ]

    /// Libraries do not read the world; only `App` does.
    private static let surroundings = [
        Ban("ProcessInfo", instead: "take the value as a parameter", within: ["Sources"], outside: ["Sources/App"]),
        Ban("CommandLine", instead: "take the value as a parameter", within: ["Sources"], outside: ["Sources/App"]),
        Ban("getenv", instead: "take the value as a parameter", within: ["Sources"], outside: ["Sources/App"]),
        Ban(
            "setenv", instead: "pass the value to the child, or take it as a parameter: the environment is everybody's"),
        Ban(
            "NSHomeDirectory", instead: "take the folder as a parameter", within: ["Sources"], outside: ["Sources/App"]),
        Ban(
            "homeDirectoryForCurrentUser", instead: "take the folder as a parameter", within: ["Sources"],
            outside: ["Sources/App"]),
        Ban("URLSession", instead: "HTTPFetching"),
        Ban(
            "print(", instead: "a Logger, or StandardStream in App", within: ["Sources"],
            outside: ["Sources/App/nexus", "Sources/App/nexus-engine"]),
        Ban("debugPrint(", instead: "a Logger"),
        Ban("import XCTest", instead: "import Testing"),
    ]

    private static let leftovers = [
        Ban("TODO", instead: "do it, or say in the documentation what is missing", outside: rules, reach: .everywhere),
        Ban("FIXME", instead: "do it, or say in the documentation what is missing", outside: rules, reach: .everywhere),
        Ban("XXX", instead: "do it, or say in the documentation what is missing", outside: rules, reach: .everywhere),
    ]

    /// Which package index or mirror a machine uses is set up on the machine.
    private static let places = [
        "pypi.org", "pythonhosted.org", "deb.debian.org", "registry.npmjs.org", "crates.io", "proxy.golang.org",
        "conda.anaconda.org",
    ].map {
        Ban(
            $0, instead: "name the package, not the host that it comes from", within: anywhere, outside: rules,
            reach: .everywhere)
    }

    private static let anywhere = [
        "Sources", "Tests", "Benchmarks", "scripts", ".ci", "Models", "Package.swift", "Makefile", "README.md",
        "ARCHITECTURE.md", "CONTRIBUTING.md", "THIRD-PARTY.md",
    ]
    /// The rules name what they ban.
    private static let rules = ["Tests/TidyTests"]
}

/// What to start, and how.
public struct ProcessCommand: Sendable, Equatable {
    public enum Input: Sendable, Equatable {
        /// Reads end at once (`/dev/null`).
        case none
        /// What `ChildProcess.write` is given.
        case pipe
    }

    /// Path of the program. Without a slash it is looked up in the `PATH` of `environment`.
    public var program: String
    /// Without the program's own name.
    public var arguments: [String]
    /// All variables of the child; nothing is inherited.
    public var environment: [String: String]
    /// `nil` keeps the working directory of this process.
    public var directory: String?
    public var input: Input
    /// What is kept of the output.
    public var output: OutputLines.Bounds
    /// Bytes of address space (`RLIMIT_AS`); `nil` sets no limit.
    public var memoryMax: UInt64?
    /// Bytes of a core file; 0 writes none.
    public var coreMax: UInt64?

    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
        input: Input = .none, output: OutputLines.Bounds = OutputLines.Bounds(), memoryMax: UInt64? = nil,
        coreMax: UInt64? = nil
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.input = input
        self.output = output
        self.memoryMax = memoryMax
        self.coreMax = coreMax
    }
}

/// How a child ended.
public enum ProcessExit: Sendable, Hashable, CustomStringConvertible {
    /// It ended itself with this status, 0 to 255.
    case status(Int32)
    /// This signal ended it.
    case signal(Int32)

    public var description: String {
        switch self {
        case .status(let status): "exit status \(status)"
        case .signal(let signal): "signal \(signal)"
        }
    }
}

/// Why a child could not be started or written to.
public struct ProcessError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The program is not there or may not be run, or the machine has no room for another process.
        case cannotStart
        /// A text of the command contains a zero byte.
        case invalidCommand
        /// The launcher has been shut down.
        case shutDown
        /// The child has ended, closed its input or was started without one.
        case inputClosed
        /// More is waiting to be written than is kept.
        case inputFull
    }

    public let code: Code
    /// What failed, with the system's reason.
    public let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { reason }
}

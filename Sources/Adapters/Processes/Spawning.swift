import CProcesses
import Glibc

/// Starting a child: pipes, program, descriptors. On the launcher's thread.
enum Spawning {
    static func spawn(
        _ command: ProcessCommand, lines: OutputLines, ending: ExitCell
    ) throws(ProcessError) -> WatchedChild {
        let texts =
            [command.program, command.directory ?? ""] + command.arguments
            + command.environment.flatMap { [$0.key, $0.value] }
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw ProcessError(.invalidCommand, "a text of the command contains a zero byte")
        }
        let program = try locate(command.program, path: command.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
        var opened = Descriptors()
        do throws(ProcessError) {
            let input = try command.input == .pipe ? opened.pipe() : (read: opened.null(), write: -1)
            let output = try opened.pipe()
            let error = try opened.pipe()
            let id = try run(command, program, input: input.read, output: output.write, error: error.write)
            let pidDescriptor = nexus_pidfd_open(id)
            guard pidDescriptor >= 0 else {
                kill(-id, SIGKILL)
                waitpid(id, nil, 0)
                throw ProcessError(.cannotStart, "the kernel offers no pidfd: \(message(-pidDescriptor))")
            }
            opened.close([input.read, output.write, error.write])
            for descriptor in [input.write, output.read, error.read] where descriptor >= 0 {
                _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            }
            let cutter = LineCutter(lineBytesMax: command.output.lineBytesMax)
            return WatchedChild(
                id: id, pidDescriptor: pidDescriptor, input: input.write >= 0 ? input.write : nil,
                outputs: [
                    .init(descriptor: output.read, stream: .output, cutter: cutter),
                    .init(descriptor: error.read, stream: .error, cutter: cutter),
                ], lines: lines, ending: ending)
        } catch {
            opened.closeAll()
            throw error
        }
    }

    private static func run(
        _ command: ProcessCommand, _ program: String, input: Int32, output: Int32, error: Int32
    ) throws(ProcessError) -> Int32 {
        let arguments = [command.program] + command.arguments
        let environment = command.environment.map { "\($0.key)=\($0.value)" }.sorted()
        let id = unsafe withCStrings(arguments) { arguments in
            unsafe withCStrings(environment) { environment in
                unsafe program.withCString { program in
                    unsafe (command.directory ?? "").withCString { directory in
                        var order = unsafe nexus_spawn(
                            program: program, arguments: arguments, environment: environment,
                            directory: command.directory == nil ? nil : directory, input: input, output: output,
                            error: error, death_signal: SIGKILL, memory_max: command.memoryMax ?? .max,
                            core_max: command.coreMax ?? .max)
                        return unsafe nexus_start(&order)
                    }
                }
            }
        }
        guard id > 0 else { throw ProcessError(.cannotStart, "cannot start '\(command.program)': \(message(-id))") }
        return id
    }

    /// The path itself when it contains a slash, else the first match in `path`.
    private static func locate(_ program: String, path: String) throws(ProcessError) -> String {
        if program.contains("/") { return program }
        let candidates = path.split(separator: ":").map { "\($0)/\(program)" }
        if !program.isEmpty, let found = candidates.first(where: { unsafe access($0, X_OK) == 0 }) { return found }
        throw ProcessError(.cannotStart, "cannot start '\(program)': it is not in \(path)")
    }

    static func message(_ number: Int32) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }

    /// A NULL-terminated array of C strings, valid inside `body`.
    private static func withCStrings<R>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> R
    ) -> R {
        let copies = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe copies.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
}

/// Descriptors that are closed again when a start fails halfway.
private struct Descriptors {
    private var open: Set<Int32> = []

    mutating func pipe() throws(ProcessError) -> (read: Int32, write: Int32) {
        var (read, write): (Int32, Int32) = (-1, -1)
        let status = unsafe nexus_pipe(&read, &write)
        guard status == 0 else { throw failure("a pipe", -status) }
        open.formUnion([read, write])
        return (read, write)
    }

    mutating func null() throws(ProcessError) -> Int32 {
        let descriptor = unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("/dev/null", errno) }
        open.insert(descriptor)
        return descriptor
    }

    mutating func close(_ descriptors: [Int32]) {
        for descriptor in descriptors where open.remove(descriptor) != nil { Glibc.close(descriptor) }
    }

    mutating func closeAll() { close(Array(open)) }

    private func failure(_ what: String, _ number: Int32) -> ProcessError {
        ProcessError(.cannotStart, "cannot open \(what): \(Spawning.message(number))")
    }
}

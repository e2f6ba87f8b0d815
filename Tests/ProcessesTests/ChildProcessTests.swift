import Glibc
import Processes
import Testing

private func shell(_ script: String, input: ProcessCommand.Input = .none) -> ProcessCommand {
    ProcessCommand("sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], input: input)
}

private func texts(_ child: ChildProcess) async -> [String] {
    var texts: [String] = []
    for await line in child.output { texts.append(line.text) }
    return texts
}

private func isRunning(_ id: Int32) -> Bool {
    guard let stat = try? text(of: "/proc/\(id)/stat") else { return false }
    // A zombie that its new parent has not reaped yet does not run.
    return !stat.contains(") Z ")
}

private func text(of path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Missing() }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    return String(decoding: bytes[..<fread(&bytes, 1, 4096, file)], as: UTF8.self)
}
private struct Missing: Error {}

/// Asks every 5 ms until `condition` holds; false after `limit`.
private func eventually(within limit: Duration = .seconds(5), _ condition: () -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(5))
    }
    return true
}

/// The number of open descriptors of this process.
private func descriptorCount() -> Int {
    (0..<1024).count { fcntl(Int32($0), F_GETFD) >= 0 }
}

@Suite(.serialized, .timeLimit(.minutes(1))) struct ChildProcessTests {
    let launcher = ProcessLauncher()

    @Test(arguments: [
        ("exit 0", ProcessExit.status(0)), ("exit 7", .status(7)), ("kill -9 $$", .signal(9)),
        ("kill -15 $$", .signal(15)),
    ])
    func `the exit is told apart from a signal`(script: String, exit: ProcessExit) async throws {
        let child = try await launcher.start(shell(script))
        #expect(await child.exit() == exit)
        #expect(await child.exit() == exit)
        #expect(child.exitIfEnded == exit)
    }

    @Test func `lines come in order, each with its stream`() async throws {
        let child = try await launcher.start(shell("for i in 1 2 3; do echo $i; done; echo bad >&2; printf rest"))
        var lines: [OutputLine] = []
        for await line in child.output { lines.append(line) }
        #expect(lines.filter { $0.stream == .output }.map(\.text) == ["1", "2", "3", "rest"])
        #expect(lines.filter { $0.stream == .error }.map(\.text) == ["bad"])
        #expect(child.output.last.count == 5)
    }

    @Test func `long lines are cut and old ones dropped, the last ones stay`() async throws {
        var command = shell("head -c 100 /dev/zero | tr '\\0' x; echo; seq 1 100")
        command.output.lineBytesMax = 10
        command.output.waitingMax = 4
        command.output.lastMax = 2
        let child = try await launcher.start(command)
        #expect(await child.exit() == .status(0))
        #expect(child.output.last.map(\.text) == ["99", "100"])
        #expect(child.output.droppedCount == 97)
        #expect(await texts(child) == ["97", "98", "99", "100"])
        var cutter = shell("head -c 100 /dev/zero | tr '\\0' x; echo; echo y")
        cutter.output.lineBytesMax = 10
        let second = try await launcher.start(cutter)
        #expect(await second.exit() == .status(0))
        #expect(second.output.last == [OutputLine(.output, "xxxxxxxxxx", isCut: true), OutputLine(.output, "y")])
    }

    @Test func `a child sees only its own environment, directory and descriptors`() async throws {
        let leak = open("/dev/null", O_RDONLY)
        defer { close(leak) }
        var command = ProcessCommand(
            "/bin/sh", ["-c", "pwd; echo $A; env | wc -l; ls /proc/$$/fd | tr '\\n' ' '"], environment: ["A": "b c"])
        command.directory = "/tmp"
        let child = try await launcher.start(command)
        let lines = await texts(child)
        #expect(lines.prefix(2) == ["/tmp", "b c"])
        #expect(!(lines.last ?? "").split(separator: " ").contains("\(leak)"), "\(lines)")
    }

    @Test(arguments: ["/no/such/program", "no-such-program", "/tmp", ""])
    func `a program that cannot be started is an error`(program: String) async {
        let error = await #expect(throws: ProcessError.self) { try await launcher.start(ProcessCommand(program)) }
        #expect(error?.code == .cannotStart)
    }

    @Test func `input is written and closed`() async throws {
        let child = try await launcher.start(shell("wc -c", input: .pipe))
        try await child.write([UInt8](repeating: 65, count: 300_000))
        try await child.write(Array("x".utf8))
        child.closeInput()
        #expect(await texts(child) == ["300001"])
        let error = await #expect(throws: ProcessError.self) { try await child.write([1]) }
        #expect(error?.code == .inputClosed)
    }

    @Test func `a child that closes its input costs an error`() async throws {
        let child = try await launcher.start(shell("exec 0<&-; sleep 100", input: .pipe))
        // The first writes may still land in the pipe.
        await #expect(throws: ProcessError.self) {
            for _ in 0..<10_000 { try await child.write([UInt8](repeating: 65, count: 4096)) }
        }
        #expect(await child.terminate(grace: .seconds(5)) == .signal(15))
    }

    @Test func `a deaf child is killed after the grace, with its grandchildren`() async throws {
        let child = try await launcher.start(shell("trap '' TERM; sleep 100 & echo $!; while true; do sleep 1; done"))
        let lines = child.output.makeAsyncIterator()
        let grandchild = try #require(Int32(await lines.next()?.text ?? ""))
        #expect(isRunning(grandchild))
        let start = ContinuousClock.now
        #expect(await child.terminate(grace: .milliseconds(200)) == .signal(9))
        #expect(ContinuousClock.now - start >= .milliseconds(200))
        #expect(try await eventually { !isRunning(grandchild) })
    }

    @Test func `grandchildren go when the child ends by itself`() async throws {
        let child = try await launcher.start(shell("sleep 100 & echo $!"))
        let lines = child.output.makeAsyncIterator()
        let grandchild = try #require(Int32(await lines.next()?.text ?? ""))
        #expect(await child.exit() == .status(0))
        #expect(try await eventually { !isRunning(grandchild) })
    }

    @Test func `dropping the last reference kills the child`() async throws {
        var child: ChildProcess? = try await launcher.start(shell("sleep 100"))
        let id = try #require(child?.id)
        #expect(isRunning(id))
        child = nil
        #expect(try await eventually { !isRunning(id) })
    }

    @Test func `a reader can be cancelled`() async throws {
        let child = try await launcher.start(shell("sleep 100"))
        let reader = Task { await texts(child) }
        reader.cancel()
        #expect(await reader.value == [])
        child.signal(.terminate)
        #expect(await child.exit() == .signal(15))
    }

    @Test func `shutting down kills everything and refuses more`() async throws {
        let launcher = ProcessLauncher()
        let child = try await launcher.start(shell("sleep 100"))
        await launcher.shutDown()
        #expect(child.exitIfEnded == .signal(9))
        let error = await #expect(throws: ProcessError.self) { try await launcher.start(shell("true")) }
        #expect(error?.code == .shutDown)
        await launcher.shutDown()
    }

    @Test func `two hundred children leave no descriptor and no zombie`() async throws {
        _ = await (try launcher.start(shell("true"))).exit()
        let before = descriptorCount()
        var ids: [Int32] = []
        for _ in 0..<10 {
            ids += try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<20 {
                    group.addTask { [launcher] in
                        let child = try await launcher.start(shell("echo x; exit 3"))
                        let lines = await texts(child)
                        let exit = await child.exit()
                        #expect(lines == ["x"] && exit == .status(3))
                        return child.id
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(ids.count == 200)
        #expect(descriptorCount() <= before)
        for id in ids { #expect(kill(id, 0) != 0) }
    }

    @Test func `a parent that dies by kill -9 leaves no child`() async throws {
        var template = Array("/tmp/nexus-orphan-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        close(file)
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { unlink(path) }

        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let launcher = ProcessLauncher()
            let child = try await launcher.start(ProcessCommand("/bin/sleep", ["100"]))
            guard let file = fopen(path, "w") else { return }
            fputs("\(child.id)", file)
            fclose(file)
            kill(getpid(), SIGKILL)
            _ = await child.exit()
            await launcher.shutDown()
        }

        let id = try #require(Int32(try text(of: path)))
        defer { kill(id, SIGKILL) }
        #expect(try await eventually(within: .seconds(2)) { !isRunning(id) })
    }
}

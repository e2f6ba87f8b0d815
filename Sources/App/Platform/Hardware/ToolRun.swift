import Processes

/// One run of a driver's tool, bounded in time and output: such tools hang when a driver does.
struct ToolRun: Sendable {
    enum Outcome: Sendable, Equatable {
        /// It ended by itself. Both streams together, lines in the order in which they came.
        case ended(text: String, exit: ProcessExit)
        /// It is not installed, or may not be run.
        case absent
        case timedOut
        /// It wrote more than is read.
        case tooLong
    }

    /// Tools that ask every GPU of a machine need a second or two.
    static let patience = Duration.seconds(10)
    static let bytesMax = 4 << 20

    let launcher: ProcessLauncher
    /// Where tools are looked for, and what libraries they need.
    let environment: [String: String]
    var patience = ToolRun.patience

    func run(_ program: String, _ arguments: [String]) async -> Outcome {
        var command = ProcessCommand(program, arguments, environment: environment, coreMax: 0)
        command.environment["LC_ALL"] = "C"
        command.output.lineBytesMax = Self.bytesMax
        // `nvidia-smi -q -x` of eight GPUs has some thousand lines.
        command.output.waitingMax = 1 << 16
        command.output.lastMax = 1
        let child: ChildProcess
        do { child = try await launcher.start(command) } catch { return .absent }
        let clock = Task { [patience] in
            do { try await Task.sleep(for: patience) } catch { return false }
            child.signal(.kill)
            return true
        }
        var text = ""
        var isTooLong = false
        for await line in child.output {
            text += line.text + "\n"
            guard text.utf8.count > Self.bytesMax || line.isCut || child.output.droppedCount > 0 else { continue }
            isTooLong = true
            child.signal(.kill)
            break
        }
        // A cancelled reader leaves early, too.
        if Task.isCancelled { child.signal(.kill) }
        let exit = await child.exit()
        clock.cancel()
        if await clock.value { return .timedOut }
        return isTooLong ? .tooLong : .ended(text: text, exit: exit)
    }
}

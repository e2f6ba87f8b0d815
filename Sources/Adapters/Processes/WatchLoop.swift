import CProcesses
import Glibc

/// The launcher's thread: starts, watches, signals and reaps.
struct WatchLoop {
    private let mailbox: Mailbox
    private var children: [Int32: WatchedChild] = [:]
    private var isRunning = true
    private var farewell: [CheckedContinuation<Void, Never>] = []

    init(mailbox: Mailbox) { self.mailbox = mailbox }

    consuming func run() {
        // A child that closes its input must cost an error, not this process.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        while isRunning || !children.isEmpty { step() }
        mailbox.close()
        for waiter in farewell { waiter.resume() }
    }

    /// Sleeps until something happens and deals with it.
    private mutating func step() {
        var (interests, owners) = interests()
        let count = unsafe poll(&interests, nfds_t(interests.count), timeoutMilliseconds())
        if count > 0 {
            // Output first, so that a child's last lines are there before its end.
            for (interest, owner) in zip(interests, owners) where interest.revents != 0 { serve(owner) }
        }
        killOverdue()
        for order in mailbox.take() { obey(order) }
    }

    private enum Owner {
        case mailbox
        case output(Int32, descriptor: Int32)
        case input(Int32)
        case ending(Int32)
    }

    private func interests() -> ([pollfd], [Owner]) {
        var interests = [pollfd(fd: mailbox.wakeUp, events: Int16(POLLIN), revents: 0)]
        var owners = [Owner.mailbox]
        func add(_ descriptor: Int32, _ events: Int32, _ owner: Owner) {
            interests.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
            owners.append(owner)
        }
        for child in children.values {
            for pipe in child.outputs { add(pipe.descriptor, POLLIN, .output(child.id, descriptor: pipe.descriptor)) }
            if let input = child.input, !child.writings.isEmpty { add(input, POLLOUT, .input(child.id)) }
        }
        for child in children.values { add(child.pidDescriptor, POLLIN, .ending(child.id)) }
        return (interests, owners)
    }

    private mutating func serve(_ owner: Owner) {
        switch owner {
        case .mailbox: break
        case .output(let id, let descriptor):
            guard let index = children[id]?.outputs.firstIndex(where: { $0.descriptor == descriptor }) else { return }
            children[id]?.read(index)
        case .input(let id): children[id]?.write()
        case .ending(let id): reap(id)
        }
    }

    // MARK: Orders

    private mutating func obey(_ order: Order) {
        switch order {
        case .start(let command, let started): started.resume(returning: start(command))
        case .signal(let id, let signal): children[id]?.send(signal)
        case .terminate(let id, let grace):
            guard let child = children[id] else { return }
            child.send(.terminate)
            let deadline = ContinuousClock.now + grace
            children[id]?.killAt = min(child.killAt ?? deadline, deadline)
        case .write(let id, let bytes, let done): write(id, bytes, done)
        case .closeInput(let id):
            children[id]?.closesInput = true
            children[id]?.write()
        case .shutDown(let waiter):
            isRunning = false
            for child in children.values { child.send(.kill) }
            if let waiter { farewell.append(waiter) }
        }
    }

    private mutating func start(_ command: ProcessCommand) -> Result<ChildProcess, ProcessError> {
        guard isRunning else { return .failure(ProcessError(.shutDown, "the launcher is shutting down")) }
        let lines = OutputLines(bounds: command.output)
        let ending = ExitCell()
        do throws(ProcessError) {
            let child = try Spawning.spawn(command, lines: lines, ending: ending)
            children[child.id] = child
            return .success(ChildProcess(id: child.id, output: lines, ending: ending, mailbox: mailbox))
        } catch {
            return .failure(error)
        }
    }

    private mutating func write(
        _ id: Int32, _ bytes: [UInt8], _ done: CheckedContinuation<Result<Void, ProcessError>, Never>
    ) {
        guard let child = children[id], child.input != nil, !child.closesInput else {
            return done.resume(returning: .failure(ProcessError(.inputClosed, "the child's input is closed")))
        }
        guard child.writings.count < WatchedChild.writingsMax else {
            return done.resume(returning: .failure(ProcessError(.inputFull, "too many writers wait for the child")))
        }
        children[id]?.writings.append(WatchedChild.Writing(bytes: bytes[...], done: done))
        children[id]?.write()
    }

    // MARK: Ends

    private func timeoutMilliseconds() -> Int32 {
        guard let next = children.values.compactMap(\.killAt).min() else { return -1 }
        let (seconds, attoseconds) = max(next - .now, .zero).components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private mutating func killOverdue() {
        for (id, child) in children {
            guard let killAt = child.killAt, killAt <= .now else { continue }
            child.send(.kill)
            children[id]?.killAt = nil
        }
    }

    /// The child has ended. Its group goes before it is reaped, because only then is the group's id surely still its own.
    private mutating func reap(_ id: Int32) {
        guard var child = children[id] else { return }
        child.send(.kill)
        var status: Int32 = 0
        var isSignal: Int32 = 0
        let ended = unsafe nexus_reap(id, &status, &isSignal)
        guard ended != 0 else { return }
        children[id] = nil
        // What lies in the pipes now is the last that the child wrote. A process that has left the group may hold them
        // open, so their end is not waited for.
        while !child.outputs.isEmpty {
            let before = child.outputs.count
            child.read(0)
            if child.outputs.count == before { child.endOutput(0) }
        }
        child.endInput()
        close(child.pidDescriptor)
        child.lines.finish()
        // `ended` is negative only if somebody else in this process has reaped the child, against the rules.
        child.ending.end(ended < 0 ? .status(255) : isSignal == 1 ? .signal(status) : .status(status))
    }
}

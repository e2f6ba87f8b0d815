import Glibc

/// What only the launcher's thread knows about a child. Confined to that thread.
struct WatchedChild {
    struct Writing {
        var bytes: ArraySlice<UInt8>
        let done: CheckedContinuation<Result<Void, ProcessError>, Never>
    }

    let id: Int32
    /// Becomes readable when the child has ended. Open until the child is reaped.
    let pidDescriptor: Int32
    var input: Int32?
    var outputs: [OutputPipe]
    let lines: OutputLines
    let ending: ExitCell
    var writings: [Writing] = []
    var closesInput = false
    /// When SIGKILL follows a SIGTERM.
    var killAt: ContinuousClock.Instant?

    /// Callers that may wait to write at the same time; the next one is refused.
    static let writingsMax = 64

    struct OutputPipe {
        let descriptor: Int32
        let stream: OutputLine.Stream
        var cutter: LineCutter
    }

    /// To the whole group, which cannot have been taken over by others as long as the child is not reaped.
    func send(_ signal: Signal) { kill(-id, signal.rawValue) }

    /// Takes in what is readable now, at most `bytesMax`, so that one loud child cannot starve the others.
    mutating func read(_ index: Int, bytesMax: Int = 1 << 18) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var total = 0
        while total < bytesMax {
            let count = unsafe Glibc.read(outputs[index].descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return endOutput(index) }
            total += count
            for line in outputs[index].cutter.append(buffer[..<count]) {
                lines.append(OutputLine(outputs[index].stream, line.text, isCut: line.isCut))
            }
        }
    }

    mutating func endOutput(_ index: Int) {
        var pipe = outputs.remove(at: index)
        if let line = pipe.cutter.end() { lines.append(OutputLine(pipe.stream, line.text, isCut: line.isCut)) }
        close(pipe.descriptor)
    }

    /// Writes as much as the pipe takes now.
    mutating func write() {
        while let input, !writings.isEmpty {
            let count = unsafe writings[0].bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(input, bytes.baseAddress, bytes.count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count >= 0 else { return endInput() }
            writings[0].bytes.removeFirst(count)
            if writings[0].bytes.isEmpty { writings.removeFirst().done.resume(returning: .success(())) }
        }
        if closesInput { endInput() }
    }

    mutating func endInput() {
        if let input = input.take() { close(input) }
        let error = ProcessError(.inputClosed, "the child's input is closed")
        for writing in writings { writing.done.resume(returning: .failure(error)) }
        writings = []
    }
}

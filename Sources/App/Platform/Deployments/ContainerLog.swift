import Processes

/// Cuts the Docker Engine's log into lines. It comes in frames: the stream's number, three zeros, the length in four bytes,
/// most significant first.
///
/// Source: Docker Engine API v1.43, "Attach to a container", stream format. Containers with a terminal send no frames;
/// none is made here.
struct ContainerLog {
    /// Longer lines are cut.
    static let lineBytesMax = 8_192

    private var header: [UInt8] = []
    private var left = 0
    private var stream = OutputLine.Stream.output
    private var pending: [OutputLine.Stream: [UInt8]] = [:]

    /// The lines that `bytes` complete.
    mutating func append(_ bytes: [UInt8]) -> [OutputLine] {
        var lines: [OutputLine] = []
        for byte in bytes {
            guard left > 0 else {
                header.append(byte)
                if header.count == 8 {
                    stream = header[0] == 2 ? .error : .output
                    left = header[4...].reduce(0) { $0 << 8 | Int($1) }
                    header = []
                }
                continue
            }
            left -= 1
            var line = pending[stream] ?? []
            if byte == 0x0A {
                lines.append(OutputLine(stream, String(decoding: line, as: UTF8.self)))
                line = []
            } else if line.count < Self.lineBytesMax {
                line.append(byte)
            }
            pending[stream] = line
        }
        return lines
    }
}

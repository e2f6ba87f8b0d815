import Foundation
import Glibc

/// Whether a connection to a port of this machine comes from this very process.
///
/// A relay's port leads to a worker that asks nobody for a password, so other programs of this machine must not get
/// through. The kernel tells which socket is at the other end (proc(5), `/proc/net/tcp`), and which sockets are ours.
enum OwnConnection {
    /// - Parameters:
    ///   - peer: the other end's port on 127.0.0.1.
    ///   - port: the port that was connected to.
    /// - Returns: `false` also when it cannot be told.
    static func isOwn(peer: UInt16, port: UInt16) -> Bool {
        guard let table = read("/proc/self/net/tcp"), let node = socketNode(in: table, peer: peer, port: port) else {
            return false
        }
        let folder = "/proc/self/fd"
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch { return false }
        return names.contains { name in
            do {
                return try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
                    == "socket:[\(node)]"
            } catch {
                return false
            }
        }
    }

    /// The inode of the socket at 127.0.0.1:`peer` that is connected to 127.0.0.1:`port`.
    static func socketNode(in table: String, peer: UInt16, port: UInt16) -> String? {
        let (local, remote) = (address(peer), address(port))
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            if fields.count > 9, fields[1] == local, fields[2] == remote { return String(fields[9]) }
        }
        return nil
    }

    /// As the kernel writes it: the address as a number in this machine's order of bytes, the port as it is read.
    private static func address(_ port: UInt16) -> String {
        let digits = String(port, radix: 16, uppercase: true)
        let host = String(UInt32(bigEndian: 0x7F00_0001), radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - host.count) + host + ":"
            + String(repeating: "0", count: 4 - digits.count)
            + digits
    }

    /// The kernel tells no size of such a file, so it is read until it ends.
    private static func read(_ path: String) -> String? {
        guard let file = unsafe Descriptor(open(path, O_RDONLY | O_CLOEXEC)) else { return nil }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while text.count < bytesMax {
            let count = unsafe piece.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(file.number, buffer.baseAddress, buffer.count)
            }
            guard count > 0 else { break }
            text += piece.prefix(count)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Room for some 50,000 connections.
    private static let bytesMax = 8 << 20
}

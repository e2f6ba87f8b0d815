/// What is mounted where: `/proc/self/mountinfo`.
///
/// Source: `proc_pid_mountinfo(5)`.
public struct MountTable: Sendable, Equatable {
    public struct Mount: Sendable, Equatable {
        /// "254:0".
        public var device: String
        /// The folder of the file system that is seen at `point`.
        public var root: String
        public var point: String
        public var options: [String]
        /// "ext4", "cgroup2".
        public var type: String
        /// "/dev/vda", "server:/models".
        public var source: String
        public var superOptions: [String]
    }

    /// In the order in which they were mounted.
    public let mounts: [Mount]

    /// Reads the table; lines that are something else are left out.
    public init(_ text: String) {
        mounts = text.split(whereSeparator: \.isNewline).compactMap { Self.mount($0) }
    }

    /// The mount that a path lies on: the one with the longest point, the latest of several.
    ///
    /// - Parameter path: absolute, without links.
    /// - Returns: `nil` in an empty table.
    public func mount(of path: String) -> Mount? {
        mounts.filter { $0.point == "/" || path == $0.point || path.hasPrefix($0.point + "/") }
            .reduce(nil) { best, next in
                guard let best, best.point.utf8.count > next.point.utf8.count else { return next }
                return best
            }
    }

    /// What a file system is kept on, by its type; `.unknown` is a local disk of either kind.
    public static func kind(ofType type: String) -> Disk.Kind {
        switch type {
        case "tmpfs", "ramfs", "devtmpfs": .memory
        case "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "glusterfs", "lustre", "beegfs", "afs",
            "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "ocfs2", "gpfs":
            .network
        default: .unknown
        }
    }

    private static func mount(_ line: Substring) -> Mount? {
        let halves = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard let dash = halves.firstIndex(of: "-"), dash >= 6, halves.count >= dash + 3 else { return nil }
        let list = { (text: String) in text.split(separator: ",").map(String.init) }
        return Mount(
            device: halves[2], root: unescaped(halves[3]), point: unescaped(halves[4]), options: list(halves[5]),
            type: halves[dash + 1], source: unescaped(halves[dash + 2]),
            superOptions: halves.count > dash + 3 ? list(halves[dash + 3]) : [])
    }

    /// Space, tab, line break and backslash are written in octal: `\040`.
    private static func unescaped(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

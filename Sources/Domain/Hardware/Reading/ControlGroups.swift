/// Where the limits of a process are written: the folders of its control groups, of both versions.
///
/// Sources: `cgroups(7)`, Linux `Documentation/admin-guide/cgroup-v1` and `cgroup-v2.rst`.
public struct ControlGroups: Sendable, Equatable {
    public enum Controller: String, Sendable, CaseIterable { case memory, cpu, cpuset }

    /// The group of one controller, and all above it.
    public struct Chain: Sendable, Equatable {
        public var version: Int
        public var controller: Controller
        /// The group's own folder first, then its parents up to where the hierarchy is mounted.
        public var folders: [String]
    }

    public let chains: [Chain]

    /// Deeper groups are not looked at from below.
    private static let depthMax = 64

    /// - Parameters:
    ///   - membership: `/proc/self/cgroup`.
    ///   - mounts: where the hierarchies are.
    public init(membership: String, mounts: MountTable) {
        var chains: [Chain] = []
        for line in membership.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, Int(parts[0]) != nil else { continue }
            let names = parts[1].split(separator: ",").map(String.init)
            let isSecond = names.isEmpty
            for controller in Controller.allCases where isSecond || names.contains(controller.rawValue) {
                let mount = mounts.mounts.last {
                    isSecond
                        ? $0.type == "cgroup2" : $0.type == "cgroup" && $0.superOptions.contains(controller.rawValue)
                }
                guard let mount else { continue }
                chains.append(
                    Chain(
                        version: isSecond ? 2 : 1, controller: controller,
                        folders: Self.folders(of: parts[2], root: mount.root, point: mount.point)))
            }
        }
        self.chains = chains
    }

    /// A group's folders. Inside a container the group's path is often one outside of what is mounted; then the mount
    /// itself is the group.
    private static func folders(of path: String, root: String, point: String) -> [String] {
        var inside = path
        if root != "/" {
            inside = path == root ? "/" : path.hasPrefix(root + "/") ? String(path.dropFirst(root.count)) : "/"
        }
        var names = inside.split(separator: "/").map(String.init)
        if names.contains("..") { names = [] }
        if names.count > depthMax { names.removeLast(names.count - depthMax) }
        return (0...names.count).reversed().map { count in
            ([point == "/" ? "" : point] + names.prefix(count)).joined(separator: "/")
        }
    }
}

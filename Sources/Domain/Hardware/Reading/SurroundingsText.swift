/// Tells from texts what a process runs inside of.
public enum SurroundingsText {
    /// What there is to tell from.
    public struct Clues: Sendable, Equatable {
        /// Of `/.dockerenv`, `/run/.containerenv`, `/run/systemd/container`, those that exist.
        public var files: Set<String> = []
        /// `/proc/1/cgroup` or `/proc/self/cgroup`.
        public var membership = ""
        /// `/proc/version`.
        public var kernel = ""
        /// The variable `container` that systemd-nspawn, podman and LXC set.
        public var containerVariable: String?
        /// Whether the variable `KUBERNETES_SERVICE_HOST` is set.
        public var hasKubernetesVariable = false
        public var isVirtual = false

        public init() {}
    }

    /// Everything that the clues say, containers before machines, each kind once.
    public static func surroundings(_ clues: Clues) -> [Surrounding] {
        var found: [Surrounding] = []
        func add(_ kind: Surrounding.Kind, _ evidence: String) {
            if !found.contains(where: { $0.kind == kind }) { found.append(Surrounding(kind, evidence: evidence)) }
        }
        if clues.hasKubernetesVariable { add(.kubernetes, "the variable KUBERNETES_SERVICE_HOST") }
        for (word, kind) in [
            ("kubepods", Surrounding.Kind.kubernetes), ("docker", .docker), ("libpod", .podman), ("lxc", .lxc),
        ]
        where clues.membership.contains(word) { add(kind, "\(word) in the path of the control group") }
        if clues.files.contains("/.dockerenv") { add(.docker, "/.dockerenv") }
        if clues.files.contains("/run/.containerenv") { add(.podman, "/run/.containerenv") }
        switch clues.containerVariable {
        case nil, "": break
        case "systemd-nspawn": add(.systemdNspawn, "the variable container")
        case "podman": add(.podman, "the variable container")
        case "lxc": add(.lxc, "the variable container")
        case "docker": add(.docker, "the variable container")
        default: add(.container, "the variable container")
        }
        let kernel = clues.kernel.lowercased()
        if kernel.contains("microsoft") { add(.wsl, "the kernel's name") }
        if clues.isVirtual { add(.virtualMachine, "the flag hypervisor of /proc/cpuinfo") }
        return found
    }
}

import Glibc
import Inference
import Telemetry
import Vocabulary

/// The folder from which clients may load adapters.
///
/// A name leads nowhere else: it is taken apart, and each part is opened in the one before, without following links. The file
/// that was opened is the one that is checked and loaded, whatever its name stands for later.
struct AdapterFolder: AdapterSource {
    let path: String
    let adapters: LoadedAdapters
    /// Tells contents apart; without a folder for hashes each load is a content of its own.
    let fingerprints: AdapterFingerprints

    static let nameBytesMax = 1_024

    func candidate(_ path: String, scale: Float) async throws(ServiceError) -> AdapterCandidate {
        let parts = try Self.parts(of: path, in: self.path)
        let file = try OpenAdapter(parts, in: self.path)
        let name = "\(self.path)/\(parts.joined(separator: "/"))"
        let fingerprint = try await fingerprints.fingerprint(of: file.path, named: name)
        var candidate = try adapters.candidate(file.path, named: name, scale: scale, fingerprint: fingerprint)
        let load = candidate.load
        // The file stays open until it is loaded or the candidate goes.
        candidate.load = { id in
            try load(id)
            withExtendedLifetime(file) {}
        }
        return candidate
    }

    /// The parts of a name that leads to no other folder.
    ///
    /// - Parameters:
    ///   - name: relative to the folder, or beginning with the folder's own path as the list of adapters shows it.
    ///   - folder: the folder's path.
    /// - Returns: at least one.
    /// - Throws: `invalidValue`.
    static func parts(of name: String, in folder: String) throws(ServiceError) -> [String] {
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        let inner = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
        let parts = inner.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isPlain = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }
        guard isPlain, (1...nameBytesMax).contains(inner.utf8.count) else {
            throw ServiceError(
                .invalidValue, "'\(name.prefix(80))' is no name of a file in the folder for adapters.",
                hint: "Name it relative to the folder of --lora-dir, without '..'.", parameter: "path")
        }
        return parts
    }
}

/// A file that was found without following a link, as a path that leads to it as long as this lives.
private final class OpenAdapter: Sendable {
    private let descriptor: Int32

    /// The kernel's name of an open file of this process.
    var path: String { "/proc/self/fd/\(descriptor)" }

    init(_ parts: [String], in folder: String) throws(ServiceError) {
        var current = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard current >= 0 else {
            throw ServiceError(
                .internalError, "The folder for adapters cannot be opened.",
                hint: "The operator can look at --lora-dir.", detail: String(cString: strerror(errno)))
        }
        for (place, part) in parts.enumerated() {
            let isLast = place == parts.count - 1
            let flags = O_NOFOLLOW | O_CLOEXEC | (isLast ? O_RDONLY | O_NONBLOCK : O_RDONLY | O_DIRECTORY)
            let next = openat(current, part, flags)
            let code = errno
            close(current)
            guard next >= 0 else { throw Self.failure(parts, code) }
            current = next
        }
        descriptor = current
        var status = stat()
        guard fstat(current, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Self.failure(parts, EISDIR)
        }
    }

    deinit { close(descriptor) }

    private static func failure(_ parts: [String], _ code: Int32) -> ServiceError {
        let name = parts.joined(separator: "/")
        return ServiceError(
            .invalidValue, "The adapter '\(name.prefix(80))' cannot be opened in the folder for adapters.",
            hint: code == ENOENT ? "There is no such file." : "It must be a readable file there, and no link.",
            parameter: "path", detail: String(cString: strerror(code)))
    }
}

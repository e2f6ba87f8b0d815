import Foundation

/// Where the built web application lies.
public enum WebFolder {
    /// Looks beside the program: `web` in its folder, `.build/web` of a checkout, `share/llama-nexus/web` of an installation.
    ///
    /// - Parameter program: path of the executable, with links followed.
    /// - Returns: the folder; `nil` when nothing was built.
    public static func find(beside program: String) -> String? {
        let folder = URL(filePath: program).deletingLastPathComponent()
        let places = ["web", "../web", "../../web", "../share/llama-nexus/web"]
        return places.map { folder.appending(path: $0).standardizedFileURL.path }
            .first { FileManager.default.fileExists(atPath: $0 + "/index.html") }
    }

    /// This executable, with links followed.
    public static var program: String { URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path }
}

/// What has become of a model on this machine.
public enum ModelState: String, Sendable, Hashable, CaseIterable {
    case unknown
    case downloading
    case downloaded
    case loading
    case ready
    case unloading
    case stopped
    case failed
}

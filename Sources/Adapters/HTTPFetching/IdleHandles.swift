/// Handles that wait for the next request of their profile: to make one costs as much as to send a request with it.
///
/// Not `Sendable`: for the client's thread.
final class IdleHandles {
    /// The one that was used last comes last.
    private var handles: [EasyHandle] = []
    /// Of the handle that was made last: the next one is often made for the same.
    private var latest: HandleProfile?
    private let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    /// A handle for a request: one that waits, or a new one.
    ///
    /// - Throws: when libcurl has no memory, or does not take an option.
    func take(
        _ request: PreparedRequest, sockets: SocketWatch, settings: HTTPClient.Configuration
    ) throws(FetchError) -> EasyHandle {
        var profile = HandleProfile(request, settings: settings)
        if let index = handles.lastIndex(where: { $0.profile == profile }) { return handles.remove(at: index) }
        if let latest, latest == profile { profile = latest }
        latest = profile.isCommon ? profile : nil
        return try EasyHandle(profile, sockets: sockets, settings: settings)
    }

    /// Takes a handle back whose request has ended well; one that was broken off is not worth a second look.
    func give(_ handle: EasyHandle) {
        guard handle.profile.isCommon, !handle.hasConnected, handle.end() else { return }
        if handles.count >= countMax { handles.removeFirst() }
        handles.append(handle)
    }

    /// Frees them all.
    func removeAll() { handles = [] }
}

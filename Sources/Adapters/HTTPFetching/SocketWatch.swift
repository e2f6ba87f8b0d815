import CCurl
import Glibc

/// What libcurl waits for: sockets in an epoll set, and one timer. Its work is then only with sockets on which something
/// happened, however many others there are (libcurl manual, curl_multi_socket_action).
///
/// Not `Sendable`: for the client's thread. It outlives the multi handle that calls it.
@safe
final class SocketWatch {
    /// Events of one wait. More of them wait for the next one.
    private static let eventsMax = 256

    private let epoll: Int32
    private let waker: Int32
    /// The sockets in the set.
    private var sockets: [Int32: Socket] = [:]
    /// When libcurl wants to be called although nothing happened.
    private var timer: Moment?

    private struct Socket {
        /// What epoll looks for.
        var watched: UInt32 = 0
        /// What libcurl waits for: nothing between two responses of a connection. It stays in the set then, because taking
        /// it out and putting it back would be two calls of the system for each response.
        var wished: UInt32 = 0
        /// Opened with ``Transfer``'s callback, so that its end will be told.
        var isOwn = false
    }

    /// - Parameter waker: an `eventfd` that ends a wait when it was written to since the last one.
    /// - Throws: `failed` when the system gives no descriptor.
    init(waker: Int32) throws(FetchError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        self.waker = waker
        guard epoll >= 0, set(waker, EPOLLIN.rawValue | EPOLLET.rawValue, EPOLL_CTL_ADD) else {
            throw FetchError(.failed, "No epoll descriptor is left.", detail: "errno \(errno)")
        }
    }

    deinit { Glibc.close(epoll) }

    /// Makes a multi handle tell here what it waits for.
    func attach(to multi: UnsafeMutableRawPointer) {
        let context = unsafe self.context
        unsafe nexus_curl_multi_set_socket_callback(
            multi,
            { _, descriptor, wish, context, _ in
                unsafe SocketWatch.of(context)?.watch(descriptor, wish)
                return 0
            }, context)
        unsafe nexus_curl_multi_set_timer_callback(
            multi,
            { _, milliseconds, context in
                unsafe SocketWatch.of(context)?.timer = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
                return 0
            }, context)
    }

    /// What libcurl's callbacks are given to find this.
    var context: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

    static func of(_ context: UnsafeMutableRawPointer?) -> SocketWatch? {
        unsafe context.map { unsafe Unmanaged<SocketWatch>.fromOpaque($0).takeUnretainedValue() }
    }

    private func watch(_ descriptor: Int32, _ wish: Int32) {
        var socket = sockets[descriptor] ?? Socket()
        socket.wished =
            switch wish {
            case CURL_POLL_IN: EPOLLIN.rawValue
            case CURL_POLL_OUT: EPOLLOUT.rawValue
            case CURL_POLL_INOUT: EPOLLIN.rawValue | EPOLLOUT.rawValue
            default: 0
            }
        guard socket.wished != 0 || socket.isOwn else { return drop(descriptor) }
        if socket.wished != 0, socket.wished != socket.watched {
            let isNew = socket.watched == 0
            socket.watched = socket.wished
            _ = set(descriptor, socket.wished, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD)
        }
        sockets[descriptor] = socket
    }

    private func set(_ descriptor: Int32, _ events: UInt32, _ operation: Int32) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.fd = descriptor
        return unsafe epoll_ctl(epoll, operation, descriptor, &event) == 0
    }

    /// A socket is made for libcurl.
    func opened(_ descriptor: Int32) { sockets[descriptor] = Socket(isOwn: true) }

    /// A socket that was ``opened(_:)`` is about to be closed.
    func closed(_ descriptor: Int32) { drop(descriptor) }

    private func drop(_ descriptor: Int32) {
        guard let socket = sockets.removeValue(forKey: descriptor), socket.watched != 0 else { return }
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// Something happened on a connection that nobody uses: its server has closed it. libcurl finds out when it wants to use it.
    private func ignore(_ descriptor: Int32) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
        sockets[descriptor]?.watched = 0
    }

    /// Waits until something happens or the time is over, and lets libcurl work where it did.
    ///
    /// - Parameters:
    ///   - multi: the handle that this is attached to.
    ///   - milliseconds: the longest wait.
    ///   - look: called each time that libcurl has worked.
    func wait(for multi: UnsafeMutableRawPointer, milliseconds: Int, _ look: () -> Void) {
        var wait = milliseconds
        if let timer { wait = min(wait, (timer - .now).wholeMilliseconds) }
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.eventsMax) { events in
            let count = unsafe epoll_wait(epoll, events.baseAddress, Int32(Self.eventsMax), Int32(wait))
            var runningCount: Int32 = 0
            for index in 0..<max(0, Int(count)) {
                let event = unsafe events[index]
                let descriptor = unsafe event.data.fd
                guard descriptor != waker, let socket = sockets[descriptor] else { continue }
                guard socket.wished != 0 else {
                    ignore(descriptor)
                    continue
                }
                unsafe curl_multi_socket_action(multi, descriptor, unsafe Self.signs(event.events), &runningCount)
                look()
            }
            if let timer, timer <= .now {
                self.timer = nil
                unsafe curl_multi_socket_action(multi, CURL_SOCKET_BAD, 0, &runningCount)
                look()
            }
        }
    }

    /// What epoll says, in libcurl's words.
    private static func signs(_ events: UInt32) -> Int32 {
        var signs: Int32 = 0
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { signs |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { signs |= CURL_CSELECT_OUT }
        if events & EPOLLERR.rawValue != 0 { signs |= CURL_CSELECT_ERR }
        return signs
    }
}

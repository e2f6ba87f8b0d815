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
    /// When libcurl wants to be called although nothing happened.
    private var timer: ContinuousClock.Instant?

    /// - Parameter waker: a descriptor that ends a wait when it is readable.
    /// - Throws: `failed` when the system gives no descriptor.
    init(waker: Int32) throws(FetchError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0, set(waker, EPOLLIN.rawValue) else {
            throw FetchError(.failed, "No epoll descriptor is left.", detail: "errno \(errno)")
        }
    }

    deinit { Glibc.close(epoll) }

    /// Makes a multi handle tell here what it waits for.
    func attach(to multi: UnsafeMutableRawPointer) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
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

    private static func of(_ context: UnsafeMutableRawPointer?) -> SocketWatch? {
        unsafe context.map { unsafe Unmanaged<SocketWatch>.fromOpaque($0).takeUnretainedValue() }
    }

    private func watch(_ descriptor: Int32, _ wish: Int32) {
        switch wish {
        case CURL_POLL_IN: _ = set(descriptor, EPOLLIN.rawValue)
        case CURL_POLL_OUT: _ = set(descriptor, EPOLLOUT.rawValue)
        case CURL_POLL_INOUT: _ = set(descriptor, EPOLLIN.rawValue | EPOLLOUT.rawValue)
        default: epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
        }
    }

    private func set(_ descriptor: Int32, _ events: UInt32) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.fd = descriptor
        if unsafe epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0 { return true }
        return unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    /// Waits until something happens or the time is over, and lets libcurl work where it did.
    ///
    /// - Parameters:
    ///   - multi: the handle that this is attached to.
    ///   - milliseconds: the longest wait.
    func wait(for multi: UnsafeMutableRawPointer, milliseconds: Int) {
        var wait = milliseconds
        if let timer { wait = min(wait, (timer - .now).wholeMilliseconds) }
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.eventsMax) { events in
            let count = unsafe epoll_wait(epoll, events.baseAddress, Int32(Self.eventsMax), Int32(wait))
            var runningCount: Int32 = 0
            for index in 0..<max(0, Int(count)) {
                let event = unsafe events[index]
                // The waker is none of libcurl's, which knows that and does nothing.
                unsafe curl_multi_socket_action(multi, event.data.fd, unsafe Self.signs(event.events), &runningCount)
            }
            if let timer, timer <= .now {
                self.timer = nil
                unsafe curl_multi_socket_action(multi, CURL_SOCKET_BAD, 0, &runningCount)
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

internal import CHiredis
internal import Glibc

/// Wakes a thread that waits in `poll`: an event file descriptor, closed exactly once.
@safe
final class Doorbell: Sendable {
    let descriptor: Int32

    init() throws(RedisError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw RedisError(.unexpected, "no event descriptor (errno \(errno))") }
    }

    deinit { Glibc.close(descriptor) }

    func ring() { eventfd_write(descriptor, 1) }

    func silence() {
        var count: eventfd_t = 0
        unsafe eventfd_read(descriptor, &count)
    }
}

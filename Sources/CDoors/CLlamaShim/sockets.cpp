#include "CLlamaSockets.h"

#include "guard.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

void set(int descriptor, int level, int name, int value) {
    setsockopt(descriptor, level, name, &value, sizeof(value));
}

/// Small messages go at once; a machine that is gone is noticed after half a minute.
void settle(int descriptor) {
    set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 4);
    set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
}

/// The descriptor of one connection, or -errno.
int connect_to(const addrinfo * address, int timeout_ms) {
    const int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    int status = connect(descriptor, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (status == EINPROGRESS) {
        pollfd waiting = {descriptor, POLLOUT, 0};
        const int ready = poll(&waiting, 1, timeout_ms);
        socklen_t size = sizeof(status);
        if (ready == 0) {
            status = ETIMEDOUT;
        } else if (ready < 0 || getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &size) != 0) {
            status = errno;
        }
    }
    if (status != 0) {
        close(descriptor);
        return -status;
    }
    settle(descriptor);
    return descriptor;
}

}  // namespace

extern "C" {

int32_t nexus_socket_connect(
    const char * host, uint16_t port, int32_t timeout_ms, char * error, size_t error_size) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo * found = nullptr;
    const int status = getaddrinfo(host, std::to_string(port).c_str(), &hints, &found);
    if (status != 0) {
        nexus::report(error, error_size, gai_strerror(status));
        return -EHOSTUNREACH;
    }
    int result = -EHOSTUNREACH;
    for (const addrinfo * address = found; address != nullptr; address = address->ai_next) {
        result = connect_to(address, timeout_ms);
        if (result >= 0) break;
    }
    freeaddrinfo(found);
    if (result < 0) nexus::report(error, error_size, std::strerror(-result));
    return result;
}

int32_t nexus_socket_listen(uint16_t * port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto * any = reinterpret_cast<sockaddr *>(&address);
    if (bind(descriptor, any, size) != 0 || listen(descriptor, 4) != 0 || getsockname(descriptor, any, &size) != 0) {
        const int status = errno;
        close(descriptor);
        return -status;
    }
    *port = ntohs(address.sin_port);
    return descriptor;
}

int32_t nexus_socket_accept(int32_t listener, uint16_t * peer_port) {
    sockaddr_in address = {};
    socklen_t size = sizeof(address);
    const int descriptor =
        accept4(listener, reinterpret_cast<sockaddr *>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return -errno;
    set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    *peer_port = ntohs(address.sin_port);
    return descriptor;
}

uint16_t nexus_socket_free_port(const char * host) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return 0;
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    socklen_t size = sizeof(address);
    auto * any = reinterpret_cast<sockaddr *>(&address);
    const bool has = inet_pton(AF_INET, host, &address.sin_addr) == 1 && bind(descriptor, any, size) == 0 &&
                     getsockname(descriptor, any, &size) == 0;
    close(descriptor);
    return has ? ntohs(address.sin_port) : 0;
}

int32_t nexus_socket_event(void) {
    const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int32_t nexus_socket_divert_output(void) {
    std::fflush(stdout);
    const int output = dup(STDOUT_FILENO);
    if (output < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return -errno;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    return output;
}

}  // extern "C"

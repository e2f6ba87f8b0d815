#pragma once

// What of sockets Swift cannot call safely: addresses. Descriptors are close-on-exec and do not block.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Connects to the first address of `host` that answers within `timeout_ms`; without delays of small messages, and with
/// an end to it when the other machine is gone for half a minute. The descriptor, or -errno, with a text in `error`.
int32_t nexus_socket_connect(
    const char * host, uint16_t port, int32_t timeout_ms, char * error, size_t error_size);

/// Listens on a free port of 127.0.0.1, which goes into `port`. The descriptor, or -errno.
int32_t nexus_socket_listen(uint16_t * port);

/// Accepts a connection, if there is one. The descriptor and the other end's port, or -errno.
int32_t nexus_socket_accept(int32_t listener, uint16_t * peer_port);

/// A port of `host` that is free now; 0 when there is none, or `host` is no IPv4 address of this machine.
uint16_t nexus_socket_free_port(const char * host);

/// An eventfd to wake a thread with, or -errno.
int32_t nexus_socket_event(void);

/// Makes standard output the same as standard error. The old one as a descriptor, or -errno.
int32_t nexus_socket_divert_output(void);

#ifdef __cplusplus
}
#endif

#pragma once
// What Swift cannot call or see: variadic functions of libmicrohttpd, Linux's epoll and eventfd, whose enums the system
// module does not import, and the memory of Swift's own tasks.
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/prctl.h>
#include <unistd.h>

struct nexus_http_settings {
  int listen_socket;
  size_t pool_bytes;
  unsigned int connections_max;
  unsigned int connections_per_address_max;
  unsigned int inactivity_seconds;
  const char *certificate_pem;  // NULL: no TLS
  const char *key_pem;
  void *context;
  MHD_AccessHandlerCallback on_request;
  MHD_RequestCompletedCallback on_completed;
  MHD_NotifyConnectionCallback on_connection;
  void *(*on_target)(void *context, const char *target, struct MHD_Connection *connection);
};

static size_t nexus_http_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  return __builtin_strlen(text);
}

// MHD_start_daemon is variadic.
static inline struct MHD_Daemon *nexus_http_start(const struct nexus_http_settings *settings) {
  unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_TURBO;
  struct MHD_OptionItem tls[] = {
      {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)settings->certificate_pem},
      {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)settings->key_pem},
      {MHD_OPTION_END, 0, NULL},
  };
  struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
  if (settings->certificate_pem) flags |= MHD_USE_TLS;
  return MHD_start_daemon(
      flags, 0, NULL, NULL, settings->on_request, settings->context,
      MHD_OPTION_LISTEN_SOCKET, settings->listen_socket,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->pool_bytes,
      MHD_OPTION_CONNECTION_LIMIT, settings->connections_max,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->connections_per_address_max,
      MHD_OPTION_CONNECTION_TIMEOUT, settings->inactivity_seconds,
      MHD_OPTION_NOTIFY_COMPLETED, settings->on_completed, settings->context,
      MHD_OPTION_NOTIFY_CONNECTION, settings->on_connection, settings->context,
      MHD_OPTION_URI_LOG_CALLBACK, settings->on_target, settings->context,
      MHD_OPTION_UNESCAPE_CALLBACK, &nexus_http_keep_escapes, NULL,
      MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,  // the loop's thread blocks SIGPIPE
      MHD_OPTION_ARRAY, settings->certificate_pem ? tls : none,
      MHD_OPTION_END);
}

// Calls `each` for every header of a request. MHD_ValueKind has no usable constants in Swift.
static inline void nexus_http_each_header(
    struct MHD_Connection *connection, MHD_KeyValueIterator each, void *context) {
  MHD_get_connection_values(connection, MHD_HEADER_KIND, each, context);
}

// A response with a copy of `bytes`. MHD_ResponseMemoryMode has no usable constants in Swift, and the parameter is
// not const, although libmicrohttpd only reads it.
static inline struct MHD_Response *nexus_http_response(const void *bytes, size_t count) {
  return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

// Stops at the first header.
static enum MHD_Result nexus_http_take_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value) {
  (void)kind;
  ((const char **)context)[0] = name;
  ((const char **)context)[1] = value;
  return MHD_NO;
}

// Frees the headers of a response, once they are sent, up to one that libmicrohttpd may still look at, or that is too long
// to be copied: MHD_del_response_header looks at the name that it is given also when it has freed its own.
static inline void nexus_http_drop_headers(struct MHD_Response *response) {
  char name[128];
  const char *first[2];
  while (MHD_get_response_headers(response, &nexus_http_take_header, first) > 0) {
    size_t length = __builtin_strlen(first[0]);
    if (length >= sizeof name || __builtin_strcasecmp(first[0], "Connection") == 0) return;
    __builtin_memcpy(name, first[0], length + 1);
    if (MHD_del_response_header(response, name, first[1]) != MHD_YES) return;
  }
}

// Gives those pages back to the system that lie wholly in a buffer which holds nothing: they are zeros when they are used
// again.
static inline void nexus_release_pages(void *start, size_t count) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  uintptr_t first = ((uintptr_t)start + page - 1) / page * page, end = ((uintptr_t)start + count) / page * page;
  if (end > first) madvise((void *)first, end - first, MADV_DONTNEED);
}

// The head of a stream for a HEAD request, of unknown length; the connection closes after it. (0.9.75 sends the last
// chunk's line in answer to HEAD, which a client would take for the beginning of the next response.)
static ssize_t nexus_http_no_content(void *context, uint64_t position, char *buffer, size_t capacity) {
  (void)context, (void)position, (void)buffer, (void)capacity;
  return MHD_CONTENT_READER_END_OF_STREAM;
}

static inline struct MHD_Response *nexus_http_closing_response(void) {
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 128, &nexus_http_no_content, NULL, NULL);
  if (response) MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
  return response;
}

// Whether there is work that no socket will announce.
static inline int nexus_http_is_pending(struct MHD_Daemon *daemon) {
  MHD_UNSIGNED_LONG_LONG milliseconds;
  return MHD_get_timeout(daemon, &milliseconds) == MHD_YES && milliseconds == 0;
}

// MHD_get_daemon_info is variadic.
static inline int nexus_http_epoll(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info ? info->epoll_fd : -1;
}

// MHD_get_connection_info is variadic.
static inline int nexus_http_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

static inline void *nexus_http_socket_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

// MHD_upgrade_action is variadic.
static inline void nexus_http_close_upgraded(struct MHD_UpgradeResponseHandle *handle) {
  MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

// The peer's address as text, without port; empty for a Unix socket. Writes at most `capacity` bytes.
const char *inet_ntop(int, const void *, char *, socklen_t);
static inline void nexus_http_peer(int fd, char *text, size_t capacity) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  text[0] = 0;
  if (getpeername(fd, (struct sockaddr *)&address, &length) != 0) return;
  if (address.ss_family == AF_INET)
    inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, (socklen_t)capacity);
  else if (address.ss_family == AF_INET6)
    inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, text, (socklen_t)capacity);
}

static const uint32_t NEXUS_READABLE = EPOLLIN;
static const uint32_t NEXUS_WRITABLE = EPOLLOUT;
static const uint32_t NEXUS_BROKEN = EPOLLHUP | EPOLLERR;
static const uint32_t NEXUS_GONE = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

static inline int nexus_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

// Adds `fd` to the set, or changes what is waited for. Edge-triggered when `is_edge`.
static inline int nexus_epoll_watch(int epoll, int fd, uint32_t events, uint64_t tag, int is_edge) {
  struct epoll_event event;
  event.events = events | (is_edge ? (uint32_t)EPOLLET : 0);
  event.data.u64 = tag;
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0) return 0;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int nexus_epoll_forget(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

// prctl is variadic.
static inline void nexus_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// Starts a detached thread. (The compiler's isolation check crashes on pthread_create with a Swift closure.)
static inline int nexus_start_thread(void *(*body)(void *), void *context) {
  pthread_t thread;
  int status = pthread_create(&thread, NULL, body, context);
  if (status == 0) pthread_detach(thread);
  return status;
}

static inline int nexus_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline void nexus_flush_socket(int fd) {
  int yes = 1;  // an explicit push of what is queued, also of what was sent with MSG_MORE (tcp(7), TCP_NODELAY)
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

// The memory of the current task, for its frames: a stack (swift/Runtime/Concurrency.h).
__attribute__((swiftcall)) void *swift_task_alloc(size_t count);
__attribute__((swiftcall)) void swift_task_dealloc(void *memory);

// Makes two pieces of memory for the frames to come, which the task keeps until it ends.
static inline void nexus_task_make_room(size_t count) {
  void *first = swift_task_alloc(count);
  void *second = swift_task_alloc(count);
  swift_task_dealloc(second);
  swift_task_dealloc(first);
}

// A server in the place of a model's: it answers OpenAI's chat requests at once, or as a stream at a fixed pace.
//
// One thread, epoll, keep-alive. It looks for three things in a request's body: "stream":true, "paced" (in the model's name) and
// nothing else. Each paced event tells when it was sent, in nanoseconds of CLOCK_MONOTONIC, so that a reader on the same machine
// can tell what was added on the way.
//
// It prints a line of JSON with its port, and runs until it is killed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 8192, REQUEST_MAX = 64 << 10, PIECES = 6, TICK_MS = 10, PACE_MS = 100, PACED_PIECES = 100 };

typedef struct {
    int descriptor;
    size_t used;
    int piecesLeft;      // of a paced stream
    int64_t nextTick;    // when the next piece is due
    char *request;
} Connection;

static Connection connections[CONNECTIONS_MAX];
static int64_t ticks;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

// Answers are small beside the socket's buffer; a reader that lets that fill is no reader.
static bool sendAll(Connection *connection, const char *bytes, size_t count) {
    return send(connection->descriptor, bytes, count, MSG_NOSIGNAL) == (ssize_t)count;
}

static void drop(Connection *connection) {
    close(connection->descriptor);
    free(connection->request);
    memset(connection, 0, sizeof *connection);
    connection->descriptor = -1;
}

static int chunk(char *out, size_t room, const char *data) {
    return snprintf(out, room, "%zx\r\n%s\r\n", strlen(data), data);
}

static int pieceOf(char *out, size_t room, const char *text) {
    char data[512];
    snprintf(data, sizeof data,
             "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"mock\","
             "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}\n\n", text);
    return chunk(out, room, data);
}

static int endOf(char *out, size_t room, int pieces) {
    char data[1024];
    snprintf(data, sizeof data,
             "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"mock\","
             "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
             "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"mock\","
             "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n"
             "data: [DONE]\n\n", pieces, 9 + pieces);
    int count = chunk(out, room, data);
    return count + snprintf(out + count, room - count, "0\r\n\r\n");
}

static const char streamHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";

static bool answer(Connection *connection, const char *body) {
    char out[8192];
    if (!strstr(body, "\"stream\":true") && !strstr(body, "\"stream\": true")) {
        static const char text[] =
            "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"mock\",\"choices\":[{\"index\":0,"
            "\"message\":{\"role\":\"assistant\",\"content\":\"one two three four five six \"},\"finish_reason\":\"stop\"}],"
            "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":6,\"total_tokens\":15}}";
        int count = snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                             sizeof text - 1, text);
        return sendAll(connection, out, count);
    }
    if (strstr(body, "paced")) {
        connection->piecesLeft = PACED_PIECES;
        // Spread over the ticks of one pace, so that not all streams speak at once.
        connection->nextTick = ticks + 1 + connection->descriptor % (PACE_MS / TICK_MS);
        return sendAll(connection, streamHead, sizeof streamHead - 1);
    }
    static const char *const words[PIECES] = {"one ", "two ", "three ", "four ", "five ", "six "};
    int count = snprintf(out, sizeof out, "%s", streamHead);
    for (int place = 0; place < PIECES; place++) count += pieceOf(out + count, sizeof out - count, words[place]);
    count += endOf(out + count, sizeof out - count, PIECES);
    return sendAll(connection, out, count);
}

// Answers every whole request that has arrived; a client sends the next one after its answer.
static bool serve(Connection *connection) {
    while (true) {
        connection->request[connection->used] = 0;
        char *end = strstr(connection->request, "\r\n\r\n");
        if (!end) return connection->used < REQUEST_MAX;
        char *field = strcasestr(connection->request, "\r\ncontent-length:");
        size_t length = field && field < end ? strtoul(field + 17, NULL, 10) : 0;
        size_t whole = end + 4 - connection->request + length;
        if (whole > REQUEST_MAX) return false;
        if (connection->used < whole) return true;
        char next = connection->request[whole];
        connection->request[whole] = 0;
        bool isSent = answer(connection, end + 4);
        connection->request[whole] = next;
        if (!isSent) return false;
        memmove(connection->request, connection->request + whole, connection->used - whole);
        connection->used -= whole;
    }
}

static bool receive(Connection *connection) {
    ssize_t count = recv(connection->descriptor, connection->request + connection->used, REQUEST_MAX - connection->used, 0);
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    connection->used += count;
    return serve(connection);
}

static void tick(void) {
    ticks++;
    for (int index = 0; index < CONNECTIONS_MAX; index++) {
        Connection *connection = &connections[index];
        if (connection->descriptor < 0 || !connection->piecesLeft || connection->nextTick > ticks) continue;
        char out[2048], text[64];
        snprintf(text, sizeof text, "t=%lld ", (long long)now());
        int count = pieceOf(out, sizeof out, text);
        connection->nextTick += PACE_MS / TICK_MS;
        if (--connection->piecesLeft == 0) count += endOf(out + count, sizeof out - count, PACED_PIECES);
        if (!sendAll(connection, out, count)) drop(connection);
    }
}

int main(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (int index = 0; index < CONNECTIONS_MAX; index++) connections[index].descriptor = -1;

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("{\"event\":\"ready\",\"port\":%d}\n", ntohs(address.sin_port));
    fflush(stdout);

    int loop = epoll_create1(0);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec pace = {{0, TICK_MS * 1000000}, {0, TICK_MS * 1000000}};
    timerfd_settime(timer, 0, &pace, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
    event.data.fd = timer;
    epoll_ctl(loop, EPOLL_CTL_ADD, timer, &event);
    while (true) {
        struct epoll_event events[256];
        int count = epoll_wait(loop, events, 256, -1);
        for (int place = 0; place < count; place++) {
            int descriptor = events[place].data.fd;
            if (descriptor == timer) {
                uint64_t passed = 0;
                if (read(timer, &passed, sizeof passed) == sizeof passed) while (passed--) tick();
            } else if (descriptor == listener) {
                int client;
                while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    if (client >= CONNECTIONS_MAX) {
                        close(client);
                        continue;
                    }
                    int on = 1;
                    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    connections[client] = (Connection){.descriptor = client, .request = malloc(REQUEST_MAX + 1)};
                    if (!connections[client].request) fail("malloc");
                    event = (struct epoll_event){.events = EPOLLIN, .data.fd = client};
                    epoll_ctl(loop, EPOLL_CTL_ADD, client, &event);
                }
            } else if (connections[descriptor].descriptor >= 0 && !receive(&connections[descriptor])) {
                drop(&connections[descriptor]);
            }
        }
    }
}

// Requests at a constant rate, or many streams at once, over keep-alive connections; one thread, epoll.
//
//   bench-load rate PORT RATE SECONDS CONNECTIONS BODYFILE [HEADER…]
//   bench-load streams PORT STREAMS SECONDS BODYFILE [HEADER…]
//
// `rate` is open: a request is due at its time whether or not those before it were answered, and its latency counts from the time
// when it was due; so a server that stalls is not spared the requests that it kept from being sent. `streams` opens all streams
// within the first seconds and reads the times of sending (`t=<nanoseconds>`) out of the events: what a gateway added to the gap
// between two events of one stream is the gap at arrival less the gap at sending.
//
// The result is one line of JSON on standard output; latencies in milliseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 << 10 };

typedef struct {
    int descriptor;
    bool isBusy;
    int64_t due;
    size_t used;
    char *answer;
    int64_t lastSent, lastArrived;
    int events;
} Client;

static char *request;
static size_t requestSize;
static double *figures;
static size_t figureCount, figureMax;
static long failed;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void note(double figure) {
    if (figureCount < figureMax) figures[figureCount++] = figure;
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double quantile(double share) {
    if (!figureCount) return -1;
    size_t place = (size_t)(share * figureCount);
    return figures[place < figureCount ? place : figureCount - 1];
}

static void makeRequest(int port, const char *bodyPath, int headers, char **header) {
    FILE *file = fopen(bodyPath, "r");
    if (!file) fail(bodyPath);
    static char body[32 << 10];
    size_t length = fread(body, 1, sizeof body, file);
    fclose(file);
    request = malloc(length + 8192);
    if (!request) fail("malloc");
    int count = sprintf(request, "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                        "Content-Length: %zu\r\n", port, length);
    for (int place = 0; place < headers; place++) count += sprintf(request + count, "%.1000s\r\n", header[place]);
    count += sprintf(request + count, "\r\n");
    memcpy(request + count, body, length);
    requestSize = count + length;
}

static void open1(Client *client, int port, int loop, uint32_t index) {
    client->descriptor = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(client->descriptor, (struct sockaddr *)&address, sizeof address)) fail("connect");
    int on = 1;
    setsockopt(client->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(client->descriptor, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
    epoll_ctl(loop, EPOLL_CTL_ADD, client->descriptor, &event);
    if (!client->answer) client->answer = malloc(ANSWER_MAX + 1);
    client->used = 0;
    client->isBusy = false;
}

static void reopen(Client *client, int port, int loop, uint32_t index) {
    close(client->descriptor);
    open1(client, port, loop, index);
}

static bool begin(Client *client, int64_t due) {
    client->due = due;
    client->used = 0;
    client->isBusy = true;
    return send(client->descriptor, request, requestSize, MSG_NOSIGNAL) == (ssize_t)requestSize;
}

// Whether the answer is whole; -1 when it is none.
static int whole(Client *client) {
    client->answer[client->used] = 0;
    char *end = strstr(client->answer, "\r\n\r\n");
    if (!end) return 0;
    if (strncmp(client->answer, "HTTP/1.1 200", 12)) return -1;
    char *field = strcasestr(client->answer, "\r\ncontent-length:");
    if (field && field < end) return client->used >= (size_t)(end + 4 - client->answer) + strtoul(field + 17, NULL, 10);
    return client->used >= 5 && !memcmp(client->answer + client->used - 5, "0\r\n\r\n", 5);
}

static void rate(int port, double perSecond, double seconds, int connections) {
    Client *clients = calloc(connections, sizeof *clients);
    int *idle = malloc(connections * sizeof *idle);
    if (!clients || !idle) fail("malloc");
    int loop = epoll_create1(0), idleCount = 0;
    for (int index = 0; index < connections; index++) {
        open1(&clients[index], port, loop, index);
        idle[idleCount++] = index;
    }
    long planned = (long)(perSecond * seconds), begun = 0, ended = 0;
    figureMax = planned;
    figures = malloc(planned * sizeof *figures);
    int64_t start = now() + 1000000, interval = (int64_t)(1e9 / perSecond);
    int64_t deadline = start + (int64_t)((seconds + 10) * 1e9);
    while (ended < planned && now() < deadline) {
        while (begun < planned && idleCount && start + begun * interval <= now()) {
            int index = idle[--idleCount];
            if (!begin(&clients[index], start + begun * interval)) failed++;
            begun++;
        }
        int64_t left = begun < planned && idleCount ? start + begun * interval - now() : 100000000;
        struct timespec wait = {0, left < 0 ? 0 : left > 100000000 ? 100000000 : left};
        struct epoll_event events[256];
        int count = epoll_pwait2(loop, events, 256, &wait, NULL);
        for (int place = 0; place < count; place++) {
            uint32_t index = events[place].data.u32;
            Client *client = &clients[index];
            ssize_t got = recv(client->descriptor, client->answer + client->used, ANSWER_MAX - client->used, 0);
            if (got < 0 && errno == EAGAIN) continue;
            if (got > 0) client->used += got;
            int state = got <= 0 || client->used >= ANSWER_MAX ? -1 : whole(client);
            if (state == 0) continue;
            if (client->isBusy) {
                ended++;
                if (state > 0) note((now() - client->due) / 1e6); else failed++;
            }
            if (state < 0) {
                if (!failed || !client->isBusy) fprintf(stderr, "closed: %.200s\n", client->answer);
                bool wasBusy = client->isBusy;
                reopen(client, port, loop, index);
                if (!wasBusy) continue;
            }
            client->isBusy = false;
            idle[idleCount++] = index;
        }
    }
    double took = (now() - start) / 1e9;
    qsort(figures, figureCount, sizeof *figures, ascending);
    printf("{\"answers\":%zu,\"failed\":%ld,\"unanswered\":%ld,\"per_second\":%.1f,\"p50\":%.4f,\"p90\":%.4f,\"p99\":%.4f,"
           "\"p999\":%.4f,\"max\":%.4f}\n", figureCount, failed, planned - ended, ended / took, quantile(0.5), quantile(0.9),
           quantile(0.99), quantile(0.999), quantile(1));
}

static void read1(Client *client, double *largest) {
    client->answer[client->used] = 0;
    int64_t arrived = now();
    char *place = client->answer, *rest = place;
    while ((place = strstr(place, "t="))) {
        char *end;
        int64_t sent = strtoll(place + 2, &end, 10);
        if (*end != ' ') break;
        if (client->events++) {
            double added = ((arrived - client->lastArrived) - (sent - client->lastSent)) / 1e6;
            note(added);
            if (added > *largest) *largest = added;
        }
        client->lastSent = sent;
        client->lastArrived = arrived;
        place = rest = end;
    }
    // A number may be cut; what has no beginning of one is dropped.
    size_t kept = client->answer + client->used - rest;
    if (kept > 64) {
        rest += kept - 64;
        kept = 64;
    }
    memmove(client->answer, rest, kept);
    client->used = kept;
}

static void streams(int port, int count, double seconds) {
    Client *clients = calloc(count, sizeof *clients);
    if (!clients) fail("malloc");
    int loop = epoll_create1(0), opened = 0, closed = 0;
    figureMax = (size_t)(count * (seconds + 5) * 12);
    figures = malloc(figureMax * sizeof *figures);
    if (!figures) fail("malloc");
    double largest = 0;
    int64_t start = now(), end = start + (int64_t)(seconds * 1e9);
    while (now() < end && closed < count) {
        // All within the first two seconds.
        while (opened < count && now() >= start + opened * (2000000000LL / count)) {
            open1(&clients[opened], port, loop, opened);
            if (!begin(&clients[opened], now())) failed++;
            opened++;
        }
        struct epoll_event events[256];
        int ready = epoll_wait(loop, events, 256, opened < count ? 1 : 100);
        for (int place = 0; place < ready; place++) {
            Client *client = &clients[events[place].data.u32];
            ssize_t got = recv(client->descriptor, client->answer + client->used, ANSWER_MAX - client->used, 0);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) {
                if (client->events < 2) {
                    client->answer[client->used] = 0;
                    if (!failed++) fprintf(stderr, "closed: %.300s\n", client->answer);
                }
                close(client->descriptor);
                closed++;
                continue;
            }
            client->used += got;
            read1(client, &largest);
            if (client->used >= ANSWER_MAX) client->used = 0;
        }
    }
    int speaking = 0;
    long events = 0;
    for (int index = 0; index < count; index++) {
        speaking += clients[index].events > 1;
        events += clients[index].events;
    }
    qsort(figures, figureCount, sizeof *figures, ascending);
    printf("{\"streams\":%d,\"failed\":%ld,\"events\":%ld,\"p50\":%.4f,\"p99\":%.4f,\"largest\":%.4f}\n", speaking, failed, events,
           quantile(0.5), quantile(0.99), largest);
}

int main(int count, char **words) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (count >= 7 && !strcmp(words[1], "rate")) {
        makeRequest(atoi(words[2]), words[6], count - 7, words + 7);
        rate(atoi(words[2]), atof(words[3]), atof(words[4]), atoi(words[5]));
    } else if (count >= 6 && !strcmp(words[1], "streams")) {
        makeRequest(atoi(words[2]), words[5], count - 6, words + 6);
        streams(atoi(words[2]), atoi(words[3]), atof(words[4]));
    } else {
        fprintf(stderr, "usage: bench-load rate PORT RATE SECONDS CONNECTIONS BODYFILE [HEADER...]\n"
                        "       bench-load streams PORT STREAMS SECONDS BODYFILE [HEADER...]\n");
        return 2;
    }
    return 0;
}

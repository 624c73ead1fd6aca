/* The load for WebSocket echo: every connection sends a frame of 128 bytes, waits until it is back, and again.
 *
 *   websocket PORT CONNECTIONS SECONDS
 *
 * Prints one line as the other load does: RESULT {"requests": ..., "microseconds": ..., ...}
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD = 128, FRAME = PAYLOAD + 8, EVENTS = 256, MOST = 4096, SLOTS = 1000000 };

typedef struct {
    int fd;
    size_t back;
    uint64_t sent_at;
} Connection;

static const char request[] =
    "GET /socket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static unsigned char frame[FRAME] = {0x82, 0xfe, 0, PAYLOAD, 1, 2, 3, 4}; /* binary, masked, 16-bit length */
static uint32_t latencies[SLOTS + 1];                                    /* by microsecond */

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int open_one(int port) {
    char answer[4096];
    size_t have = 0;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    if (send(fd, request, sizeof request - 1, 0) < 0) fail("send");
    while (!have || !memmem(answer, have, "\r\n\r\n", 4)) {
        ssize_t size = recv(fd, answer + have, sizeof answer - have, 0);
        if (size <= 0) fail("no answer to the upgrade");
        have += (size_t)size;
    }
    if (memcmp(answer, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "the upgrade was refused: %.*s\n", 60, answer);
        exit(1);
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static int send_frame(Connection *connection) {
    connection->back = 0;
    connection->sent_at = now();
    return send(connection->fd, frame, FRAME, MSG_NOSIGNAL) == FRAME;
}

static long percentile(uint64_t total, double share) {
    uint64_t seen = 0;
    for (long slot = 0; slot <= SLOTS; slot++)
        if ((seen += latencies[slot]) >= (uint64_t)((double)total * share)) return slot;
    return SLOTS;
}

/* Take what came; 0: the connection is lost. */
static int receive(Connection *connection, uint64_t *done) {
    static char buffer[65536];
    ssize_t size = recv(connection->fd, buffer, sizeof buffer, 0);
    if (size <= 0) return size < 0 && errno == EAGAIN;
    if ((connection->back += (size_t)size) < FRAME) return 1;
    uint64_t took = now() - connection->sent_at;
    latencies[took < SLOTS ? took : SLOTS]++;
    ++*done;
    return connection->back == FRAME && send_frame(connection);
}

int main(int words, char **word) {
    static Connection connections[MOST];
    struct epoll_event events[EVENTS];
    if (words != 4) return 2;
    int poll_fd = epoll_create1(0), count = atoi(word[2]), errors = 0;
    if (count > MOST) return 2;
    for (int number = 0; number < count; number++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[number]};
        connections[number].fd = open_one(atoi(word[1]));
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, connections[number].fd, &event) < 0) fail("epoll_ctl");
    }
    uint64_t done = 0, begun = now(), until = begun + (uint64_t)atoi(word[3]) * 1000000;
    for (int number = 0; number < count; number++) errors += !send_frame(&connections[number]);
    while (now() < until && errors < count) {
        int ready = epoll_wait(poll_fd, events, EVENTS, 100);
        for (int number = 0; number < ready; number++) {
            Connection *connection = events[number].data.ptr;
            if (!receive(connection, &done)) {
                errors++;
                close(connection->fd);
            }
        }
    }
    printf("RESULT {\"requests\": %llu, \"microseconds\": %llu, \"bytes\": %llu, \"p50\": %ld, \"p99\": %ld, \"errors\": %d}\n",
           (unsigned long long)done, (unsigned long long)(now() - begun), (unsigned long long)done * FRAME,
           percentile(done, 0.5), percentile(done, 0.99), errors);
    return 0;
}

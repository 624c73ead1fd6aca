/* The endpoint behind the proxies: a small HTTP/1.1 server in one thread, so that what is measured is never it.
 *
 *   endpoint PORT [COUNT]
 *
 * Listens on 127.0.0.1:PORT, and with COUNT also on 127.1.0.0:PORT, 127.1.0.1:PORT, ... (COUNT addresses).
 * GET / answers 128 bytes, /medium 1 MiB, /large 16 MiB. A body with Content-Length is read and dropped, then
 * answered. Upgrade: websocket is accepted; from there on every byte comes back as it was sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES = 32768, READ_BYTES = 262144, EVENTS = 256, SMALL = 128, MEDIUM = 1 << 20, LARGE = 1 << 24 };
enum { LISTENER, HTTP, ECHO };

typedef struct {
    int fd, kind, close_after, writing;
    size_t have;         /* bytes in head */
    uint64_t body_left;  /* of the request, to be dropped */
    uint64_t reply_left; /* of the response's body, to be sent */
    size_t late, late_at; /* of head: bytes that could not be sent at once */
    char head[HEAD_BYTES];
} Connection;

static char zeros[1 << 20];
static char received[READ_BYTES];
static int poll_fd;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void watch(Connection *connection, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(poll_fd, operation, connection->fd, &event) < 0) fail("epoll_ctl");
}

static void end(Connection *connection) {
    close(connection->fd);
    free(connection);
}

static void want_write(Connection *connection, int want) {
    if (connection->writing != want) {
        connection->writing = want;
        watch(connection, EPOLL_CTL_MOD, want ? EPOLLOUT : EPOLLIN);
    }
}

/* Send what is left of the body; 0: the connection is over. */
static int push(Connection *connection) {
    while (connection->reply_left) {
        size_t piece = connection->reply_left < sizeof zeros ? connection->reply_left : sizeof zeros;
        ssize_t sent = send(connection->fd, zeros, piece, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) return 0;
            want_write(connection, 1);
            return 1;
        }
        connection->reply_left -= (uint64_t)sent;
    }
    want_write(connection, 0);
    return !connection->close_after;
}

/* Answer a request with this head; 0: the connection is over. */
static int answer(Connection *connection, const char *head) {
    static char reply[512 + SMALL];
    uint64_t size = strncmp(head, "GET /large ", 11) == 0 ? LARGE : strncmp(head, "GET /medium ", 12) == 0 ? MEDIUM : SMALL;
    int length = snprintf(reply, sizeof reply,
                          "HTTP/1.1 200 OK\r\nServer: endpoint\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                          "Content-Type: text/plain\r\nContent-Length: %llu\r\n%s\r\n",
                          (unsigned long long)size, connection->close_after ? "Connection: close\r\n" : "");
    if (size == SMALL) {
        memset(reply + length, 'x', SMALL);
        length += SMALL;
        size = 0;
    }
    if (send(connection->fd, reply, (size_t)length, MSG_NOSIGNAL) != length) return 0;
    connection->reply_left = size;
    return size || connection->close_after ? push(connection) : 1;
}

static int upgrade(Connection *connection) {
    /* The answer to the one key that websocket.c sends, the example of RFC 6455. */
    static const char reply[] =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    connection->kind = ECHO;
    return send(connection->fd, reply, sizeof reply - 1, MSG_NOSIGNAL) == (ssize_t)sizeof reply - 1;
}

/* Take requests out of the head buffer as long as there are whole ones; 0: the connection is over. */
static int serve(Connection *connection) {
    while (connection->kind == HTTP && !connection->reply_left) {
        if (connection->body_left) {
            size_t drop = connection->body_left < connection->have ? connection->body_left : connection->have;
            memmove(connection->head, connection->head + drop, connection->have - drop);
            connection->have -= drop;
            connection->body_left -= drop;
            if (connection->body_left) return 1;
            if (!answer(connection, "POST")) return 0;
            continue;
        }
        char *stop = connection->have ? memmem(connection->head, connection->have, "\r\n\r\n", 4) : NULL;
        if (!stop) return connection->have < HEAD_BYTES;
        size_t length = (size_t)(stop - connection->head) + 4;
        stop[2] = 0;
        char *body = strcasestr(connection->head, "\r\ncontent-length:");
        connection->close_after = strcasestr(connection->head, "\r\nconnection: close") != NULL;
        connection->body_left = body ? strtoull(body + 17, NULL, 10) : 0;
        int socket = strcasestr(connection->head, "\r\nupgrade: websocket") != NULL;
        if (!connection->body_left && !(socket ? upgrade(connection) : answer(connection, connection->head))) return 0;
        memmove(connection->head, connection->head + length, connection->have - length);
        connection->have -= length;
    }
    return 1;
}

/* Send bytes back; what the peer does not take now waits in `head`, and nothing is read meanwhile. */
static int echo(Connection *connection, size_t size) {
    ssize_t sent = send(connection->fd, received, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) sent = 0;
    if (sent < 0 || size - (size_t)sent > HEAD_BYTES) return 0;
    connection->late = size - (size_t)sent;
    connection->late_at = 0;
    memcpy(connection->head, received + sent, connection->late);
    want_write(connection, connection->late > 0);
    return 1;
}

static int send_late(Connection *connection) {
    ssize_t sent = send(connection->fd, connection->head + connection->late_at, connection->late, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    connection->late -= (size_t)sent;
    connection->late_at += (size_t)sent;
    want_write(connection, connection->late > 0);
    return 1;
}

static int receive(Connection *connection) {
    if (connection->kind == ECHO) {
        ssize_t size = recv(connection->fd, received, HEAD_BYTES, 0);
        return size > 0 ? echo(connection, (size_t)size) : size < 0 && errno == EAGAIN;
    }
    if (connection->body_left) {
        size_t most = connection->body_left < sizeof received ? connection->body_left : sizeof received;
        ssize_t size = recv(connection->fd, received, most, 0);
        if (size <= 0) return size < 0 && errno == EAGAIN;
        connection->body_left -= (uint64_t)size;
        return connection->body_left ? 1 : answer(connection, "POST") && serve(connection);
    }
    ssize_t size = recv(connection->fd, connection->head + connection->have, HEAD_BYTES - connection->have, 0);
    if (size <= 0) return size < 0 && errno == EAGAIN;
    connection->have += (size_t)size;
    return serve(connection);
}

static int writable(Connection *connection) {
    if (connection->kind == ECHO) return send_late(connection);
    return push(connection) && (connection->reply_left || serve(connection));
}

static void add(int fd, int kind) {
    Connection *connection = malloc(sizeof *connection);
    if (!connection) fail("malloc");
    memset(connection, 0, offsetof(Connection, head));
    connection->fd = fd;
    connection->kind = kind;
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
}

static void listen_on(uint32_t host, int port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(host)};
    if (fd < 0) fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(fd, 4096) < 0) fail("listen");
    add(fd, LISTENER);
}

static void accept_all(int listener) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        add(fd, HTTP);
    }
}

int main(int count, char **words) {
    struct epoll_event events[EVENTS];
    if (count < 2) return 2;
    signal(SIGPIPE, SIG_IGN);
    poll_fd = epoll_create1(0);
    int port = atoi(words[1]), more = count > 2 ? atoi(words[2]) : 0;
    for (int number = 0; number < more; number++) listen_on(0x7f010000u + (uint32_t)number, port);
    listen_on(INADDR_LOOPBACK, port);
    for (;;) {
        int ready = epoll_wait(poll_fd, events, EVENTS, -1);
        for (int number = 0; number < ready; number++) {
            Connection *connection = events[number].data.ptr;
            if (connection->kind == LISTENER) {
                accept_all(connection->fd);
            } else if (!(events[number].events & EPOLLOUT ? writable(connection) : receive(connection))) {
                end(connection);
            }
        }
    }
}

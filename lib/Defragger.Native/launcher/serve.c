/* See serve.h. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inbox.h"
#include "measure.h"
#include "oom.h"
#include "outbox.h"
#include "report.h"
#include "supervise.h"
#include "system.h"
#include "tree.h"

/* One case, from its request until its supervisor has been reaped. */
struct running {
    uint64_t id;
    pid_t supervisor;
    int control;    /* -1: the supervisor was lost, the case waits until its orphans are dead */
    bool reported;  /* its report has been forwarded */
    uint8_t *bytes; /* of its report, as far as it has come: a u32, the length, then the report */
    size_t length, room;
};

enum {
    ORPHANS_MS = 10,       /* between two looks for orphans of a lost supervisor */
    BACKLOG = 1024 * 1024, /* of output; beyond it reports wait in their supervisors */
};

/* The poll set: three fixed entries, then one for each case. */
enum { POLL_SIGNALS, POLL_INPUT, POLL_OUTPUT, POLL_CASES };

struct server {
    int input;   /* -1 once it has ended */
    int signals; /* what asks the server to end */
    bool wrong_use, home_sought;
    struct outbox output;
    uint64_t oom_read_us;
    struct surroundings surroundings;
    struct inbox inbox;
    struct running *cases;
    struct pollfd *polls;
    size_t count, cases_room, lost;
};

/* --- Ending all --- */

static void server_end(struct server *server)
{
    server->input = -1;
    for (size_t i = 0; i < server->count; i++)
        if (server->cases[i].control >= 0)
            shutdown(server->cases[i].control, SHUT_WR);
}

static void server_refuse(struct server *server, const char *rule)
{
    dprintf(STDERR_FILENO, "defrag-launch: malformed request, the rule is: %s\n", rule);
    server->wrong_use = true;
    server_end(server);
}

/* --- Reports --- */

static void server_report(struct server *server, const struct report *report)
{
    char line[REPORT_LINE_MAX];
    size_t length = report_line(report, line);
    outbox_add(&server->output, (const uint8_t *)line, length);
}

/* The length of the whole report once its first bytes are here. */
static bool report_is_complete(const struct running *running)
{
    uint32_t length;
    if (running->length < sizeof length)
        return false;
    memcpy(&length, running->bytes, sizeof length);
    return running->length == sizeof length + (size_t)length;
}

static bool report_append(struct running *running, const uint8_t *bytes, size_t length)
{
    if (running->length + length > running->room) {
        size_t room = running->length + length + running->room; /* at least doubles: linear cost in all */
        uint8_t *grown = realloc(running->bytes, room);
        if (grown == NULL)
            return false;
        running->bytes = grown;
        running->room = room;
    }
    memcpy(running->bytes + running->length, bytes, length);
    running->length += length;
    return true;
}

static void running_remove(struct server *server, size_t index)
{
    free(server->cases[index].bytes);
    server->cases[index] = server->cases[--server->count];
}

/* The supervisor has closed its socket: it ends, or has been killed. */
static void running_ended(struct server *server, size_t index)
{
    struct running *running = &server->cases[index];
    kill(running->supervisor, SIGKILL); /* a no-op, unless we are giving up on it */
    waitpid(running->supervisor, NULL, 0);
    close(running->control);
    running->control = -1;
    if (running->reported)
        running_remove(server, index);
    else
        server->lost++;
}

static void running_receive(struct server *server, size_t index)
{
    static uint8_t chunk[64 * 1024];
    struct running *running = &server->cases[index];
    ssize_t got = recv(running->control, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0 || !report_append(running, chunk, (size_t)got)) {
        running_ended(server, index);
        return;
    }
    if (report_is_complete(running)) {
        running->reported = true;
        outbox_add(&server->output, running->bytes + sizeof(uint32_t), running->length - sizeof(uint32_t));
    }
}

/* --- Lost supervisors --- */

/* A tree_spare. */
static bool is_supervisor(const void *context, pid_t child)
{
    const struct server *server = context;
    for (size_t i = 0; i < server->count; i++)
        if (server->cases[i].control >= 0 && server->cases[i].supervisor == child)
            return true;
    return false;
}

/* Kills and reaps what lost supervisors left to us; true when there was nothing that can be killed. */
static bool orphans_have_ended(const struct server *server)
{
    pid_t children[TREE_ROUND];
    size_t count = tree_scan(children, is_supervisor, server), mortal = 0;
    for (size_t i = 0; i < count; i++) {
        mortal += tree_kill(children[i]);
        waitpid(children[i], NULL, WNOHANG);
    }
    return mortal == 0;
}

static void server_sweep(struct server *server)
{
    if (!orphans_have_ended(server))
        return;
    for (size_t i = server->count; i-- > 0;) {
        struct report report = {.id = server->cases[i].id};
        if (server->cases[i].control >= 0)
            continue;
        snprintf(report.error, sizeof report.error, "the launcher's supervisor of this case was lost");
        running_remove(server, i);
        server_report(server, &report);
    }
    server->lost = 0;
}

/* --- Requests --- */

static bool server_make_room(struct server *server)
{
    if (server->count < server->cases_room)
        return true;
    size_t room = server->cases_room > 0 ? 2 * server->cases_room : 64;
    struct running *cases = realloc(server->cases, room * sizeof *cases);
    if (cases == NULL)
        return false;
    server->cases = cases;
    struct pollfd *polls = realloc(server->polls, (room + POLL_CASES) * sizeof *polls);
    if (polls == NULL)
        return false;
    server->polls = polls;
    server->cases_room = room;
    return true;
}

/* What the supervisor takes over is brought up to date before the fork. */
static void server_look_around(struct server *server, const struct case_spec *spec)
{
    uint64_t now = clock_us();
    if (now - server->oom_read_us >= OOM_FRESH_US) {
        server->surroundings.oom_kills = oom_kills();
        server->oom_read_us = now;
    }
    if (spec->memory_limit > 0 && !server->home_sought) {
        server->home_sought = true;
        cgroup_home_find(&server->surroundings.home);
    }
}

static bool server_fork(struct server *server, const struct case_spec *spec)
{
    int sockets[2];
    if (!server_make_room(server) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return false;
    pid_t supervisor = fork();
    if (supervisor == 0)
        supervise(spec, sockets[1], &server->surroundings);
    int problem = errno;
    close(sockets[1]);
    if (supervisor < 0) {
        close(sockets[0]);
        errno = problem;
        return false;
    }
    server->cases[server->count++] =
        (struct running){.id = spec->id, .supervisor = supervisor, .control = sockets[0]};
    return true;
}

static void server_run(struct server *server, const struct case_spec *spec)
{
    server_look_around(server, spec);
    if (server_fork(server, spec))
        return;
    struct report report = {.id = spec->id};
    report_cannot_start(&report, spec->argv[0], NULL, errno);
    server_report(server, &report);
}

static void server_cancel(struct server *server, uint64_t id)
{
    for (size_t i = 0; i < server->count; i++)
        if (server->cases[i].id == id && !server->cases[i].reported && server->cases[i].control >= 0)
            shutdown(server->cases[i].control, SHUT_WR);
}

static void put_number(uint8_t *at, uint64_t value)
{
    for (size_t i = 0; i < sizeof value; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* One look at all cases, some 20 us for each process of a case. */
static void server_measure(struct server *server, uint64_t id)
{
    char line[64];
    uint8_t pair[2 * sizeof(uint64_t)];
    size_t running = 0;
    for (size_t i = 0; i < server->count; i++)
        running += server->cases[i].control >= 0 && !server->cases[i].reported;
    int length =
        snprintf(line, sizeof line, "{\"id\":%llu,\"measured\":%zu}\n", (unsigned long long)id, running);
    outbox_add(&server->output, (const uint8_t *)line, (size_t)length);
    for (size_t i = 0; i < server->count; i++) {
        if (server->cases[i].control < 0 || server->cases[i].reported)
            continue;
        put_number(pair, server->cases[i].id);
        put_number(pair + sizeof(uint64_t), measure_below(server->cases[i].supervisor));
        outbox_add(&server->output, pair, sizeof pair);
    }
}

/* Reads once and carries out the frames that are complete. */
static void server_read(struct server *server)
{
    enum inbox_status status = inbox_read(&server->inbox, server->input);
    if (status == INBOX_NO_MEMORY)
        server_refuse(server, "there is memory for a request");
    else if (status == INBOX_ENDED && inbox_pending(&server->inbox) > 0)
        server_refuse(server, "the input does not end inside a frame");
    if (status != INBOX_OPEN)
        server_end(server);
    struct frame frame;
    const char *rule = NULL;
    int next = 0;
    while (server->input >= 0 && (next = inbox_next(&server->inbox, &frame, &rule)) > 0) {
        if (frame.type == FRAME_RUN)
            server_run(server, &frame.spec);
        else if (frame.type == FRAME_CANCEL)
            server_cancel(server, frame.spec.id);
        else
            server_measure(server, frame.spec.id);
        frame_free(&frame);
    }
    if (next < 0)
        server_refuse(server, rule);
}

/* --- The loop --- */

static bool server_open(struct server *server, const int *ending)
{
    signals_block();
    /* Orphans of a lost supervisor become ours. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    server->signals = signals_open(ending);
    server->surroundings.null = open("/dev/null", O_RDWR | O_CLOEXEC);
    server->surroundings.server = getpid();
    if (server->signals >= 0 && server->surroundings.null >= 0 && server_make_room(server))
        return true;
    dprintf(STDERR_FILENO, "defrag-launch: cannot begin: %s\n", strerror(errno));
    return false;
}

/* Fills the poll set and waits. */
static bool server_wait(struct server *server)
{
    struct pollfd *polls = server->polls;
    size_t pending = outbox_pending(&server->output);
    polls[POLL_SIGNALS] = (struct pollfd){.fd = server->signals, .events = POLLIN};
    polls[POLL_INPUT] = (struct pollfd){.fd = server->input, .events = POLLIN};
    polls[POLL_OUTPUT] = (struct pollfd){.fd = pending > 0 ? STDOUT_FILENO : -1, .events = POLLOUT};
    for (size_t i = 0; i < server->count; i++)
        polls[POLL_CASES + i] =
            (struct pollfd){.fd = pending < BACKLOG ? server->cases[i].control : -1, .events = POLLIN};
    return poll(polls, POLL_CASES + server->count, server->lost > 0 ? ORPHANS_MS : -1) >= 0;
}

static void server_turn(struct server *server)
{
    size_t count = server->count;
    if (!server_wait(server))
        return;
    const struct pollfd *polls = server->polls;
    bool ending = polls[POLL_SIGNALS].revents != 0, readable = polls[POLL_INPUT].revents != 0;
    if (polls[POLL_OUTPUT].revents != 0)
        outbox_flush(&server->output);
    /* From the last to the first: a removed entry is replaced by one that has had its turn. */
    for (size_t i = count; i-- > 0;)
        if (polls[POLL_CASES + i].revents != 0)
            running_receive(server, i);
    if (server->lost > 0)
        server_sweep(server);
    if (ending) {
        struct signalfd_siginfo info;
        (void)!read(server->signals, &info, sizeof info);
    }
    if (ending)
        server_end(server);
    else if (readable)
        server_read(server);
}

/* Whether there is anything left to wait for. */
static bool server_goes_on(struct server *server)
{
    if (server->output.broken)
        server_end(server);
    return server->input >= 0 || server->count > 0 || outbox_pending(&server->output) > 0;
}

static int server_finish(struct server *server)
{
    while (server_goes_on(server))
        server_turn(server);
    cgroup_remove_leftovers(&server->surroundings.home, server->surroundings.server);
    free(server->inbox.bytes);
    free(server->cases);
    free(server->polls);
    return server->wrong_use ? EXIT_WRONG_USE : server->output.broken ? EXIT_FAILURE : EXIT_SUCCESS;
}

int serve(void)
{
    static struct server server;
    static const int ending[] = {SIGTERM, 0};
    /* Ctrl+C in the parent's terminal is the parent's. Refused for a group leader, which has its own group.
     */
    setsid();
    if (!server_open(&server, ending))
        return EXIT_FAILURE;
    server.input = STDIN_FILENO;
    /* The pipe to the parent is ours alone, so nobody else is surprised. */
    fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
    return server_finish(&server);
}

int serve_one(const struct case_spec *spec)
{
    static struct server server;
    static const int ending[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, 0};
    server.input = -1;
    if (!server_open(&server, ending))
        return EXIT_FAILURE;
    server_run(&server, spec);
    return server_finish(&server);
}

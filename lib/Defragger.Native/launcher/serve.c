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
#include <unistd.h>

#include "inbox.h"
#include "measure.h"
#include "oom.h"
#include "outbox.h"
#include "report.h"
#include "running.h"
#include "supervise.h"
#include "system.h"

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
    struct running_cases running;
    struct pollfd *polls;
    size_t polls_room;
};

/* --- Ending all --- */

static void server_end(struct server *server)
{
    server->input = -1;
    running_end_all(&server->running);
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

/* The cases whose supervisors were lost are reported once nothing of them is left. */
static void server_sweep(struct server *server)
{
    uint64_t id;
    if (server->running.lost == 0 || !running_orphans_have_ended(&server->running))
        return;
    while (running_take_lost(&server->running, &id)) {
        struct report report = {.id = id};
        snprintf(report.error, sizeof report.error, "the launcher's supervisor of this case was lost");
        server_report(server, &report);
    }
}

/* --- Requests --- */

static bool server_make_room(struct server *server)
{
    if (!running_make_room(&server->running))
        return false;
    size_t room = POLL_CASES + server->running.room;
    if (room == server->polls_room)
        return true;
    struct pollfd *polls = realloc(server->polls, room * sizeof *polls);
    if (polls == NULL)
        return false;
    server->polls = polls;
    server->polls_room = room;
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
    running_add(&server->running, spec->id, supervisor, sockets[0]);
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
    const struct running_cases *running = &server->running;
    int length = snprintf(line, sizeof line, "{\"id\":%llu,\"measured\":%zu}\n", (unsigned long long)id,
                          running_count_open(running));
    outbox_add(&server->output, (const uint8_t *)line, (size_t)length);
    for (size_t i = 0; i < running->count; i++) {
        if (!running_is_open(&running->cases[i]))
            continue;
        put_number(pair, running->cases[i].id);
        put_number(pair + sizeof(uint64_t), measure_below(running->cases[i].supervisor));
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
            running_cancel(&server->running, frame.spec.id);
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
    const struct running_cases *running = &server->running;
    for (size_t i = 0; i < running->count; i++)
        polls[POLL_CASES + i] =
            (struct pollfd){.fd = pending < BACKLOG ? running->cases[i].control : -1, .events = POLLIN};
    return poll(polls, POLL_CASES + running->count, running->lost > 0 ? ORPHANS_MS : -1) >= 0;
}

static void server_turn(struct server *server)
{
    size_t count = server->running.count;
    if (!server_wait(server))
        return;
    const struct pollfd *polls = server->polls;
    bool ending = polls[POLL_SIGNALS].revents != 0, readable = polls[POLL_INPUT].revents != 0;
    if (polls[POLL_OUTPUT].revents != 0)
        outbox_flush(&server->output);
    /* From the last to the first: a removed entry is replaced by one that has had its turn. */
    for (size_t i = count; i-- > 0;)
        if (polls[POLL_CASES + i].revents != 0)
            running_receive(&server->running, i, &server->output);
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
    return server->input >= 0 || server->running.count > 0 || outbox_pending(&server->output) > 0;
}

static int server_finish(struct server *server)
{
    while (server_goes_on(server))
        server_turn(server);
    cgroup_remove_leftovers(&server->surroundings.home, server->surroundings.server);
    free(server->inbox.bytes);
    free(server->running.cases);
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

#include "running.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree.h"

/* --- The table --- */

bool running_make_room(struct running_cases *running)
{
    if (running->count < running->room)
        return true;
    size_t room = running->room > 0 ? 2 * running->room : 64;
    struct running *cases = realloc(running->cases, room * sizeof *cases);
    if (cases == NULL)
        return false;
    running->cases = cases;
    running->room = room;
    return true;
}

void running_add(struct running_cases *running, uint64_t id, pid_t supervisor, int control)
{
    running->cases[running->count++] =
        (struct running){.id = id, .supervisor = supervisor, .control = control};
}

static void running_remove(struct running_cases *running, size_t index)
{
    free(running->cases[index].bytes);
    running->cases[index] = running->cases[--running->count];
}

bool running_is_open(const struct running *one)
{
    return one->control >= 0 && !one->reported;
}

size_t running_count_open(const struct running_cases *running)
{
    size_t open = 0;
    for (size_t i = 0; i < running->count; i++)
        open += running_is_open(&running->cases[i]);
    return open;
}

/* --- Ending --- */

void running_cancel(struct running_cases *running, uint64_t id)
{
    for (size_t i = 0; i < running->count; i++)
        if (running->cases[i].id == id && running_is_open(&running->cases[i]))
            shutdown(running->cases[i].control, SHUT_WR);
}

void running_end_all(struct running_cases *running)
{
    for (size_t i = 0; i < running->count; i++)
        if (running->cases[i].control >= 0)
            shutdown(running->cases[i].control, SHUT_WR);
}

/* --- Reports --- */

/* The length of the whole report once its first bytes are here. */
static bool report_is_complete(const struct running *one)
{
    uint32_t length;
    if (one->length < sizeof length)
        return false;
    memcpy(&length, one->bytes, sizeof length);
    return one->length == sizeof length + (size_t)length;
}

static bool report_append(struct running *one, const uint8_t *bytes, size_t length)
{
    if (one->length + length > one->room) {
        size_t room = one->length + length + one->room; /* at least doubles: linear cost in all */
        uint8_t *grown = realloc(one->bytes, room);
        if (grown == NULL)
            return false;
        one->bytes = grown;
        one->room = room;
    }
    memcpy(one->bytes + one->length, bytes, length);
    one->length += length;
    return true;
}

/* The supervisor has closed its socket: it ends, or has been killed. */
static void supervisor_ended(struct running_cases *running, size_t index)
{
    struct running *one = &running->cases[index];
    kill(one->supervisor, SIGKILL); /* a no-op, unless we are giving up on it */
    waitpid(one->supervisor, NULL, 0);
    close(one->control);
    one->control = -1;
    if (one->reported)
        running_remove(running, index);
    else
        running->lost++;
}

void running_receive(struct running_cases *running, size_t index, struct outbox *output)
{
    static uint8_t chunk[64 * 1024];
    struct running *one = &running->cases[index];
    ssize_t got = recv(one->control, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0 || !report_append(one, chunk, (size_t)got)) {
        supervisor_ended(running, index);
        return;
    }
    if (report_is_complete(one)) {
        one->reported = true;
        outbox_add(output, one->bytes + sizeof(uint32_t), one->length - sizeof(uint32_t));
    }
}

/* --- Lost supervisors --- */

/* A tree_spare. */
static bool is_supervisor(const void *context, pid_t child)
{
    const struct running_cases *running = context;
    for (size_t i = 0; i < running->count; i++)
        if (running->cases[i].control >= 0 && running->cases[i].supervisor == child)
            return true;
    return false;
}

bool running_orphans_have_ended(const struct running_cases *running)
{
    pid_t children[TREE_ROUND];
    size_t count = tree_scan(children, is_supervisor, running), mortal = 0;
    for (size_t i = 0; i < count; i++) {
        mortal += tree_kill(children[i]);
        waitpid(children[i], NULL, WNOHANG);
    }
    return mortal == 0;
}

bool running_take_lost(struct running_cases *running, uint64_t *id)
{
    size_t at = 0;
    while (at < running->count && running->cases[at].control >= 0)
        at++;
    if (at == running->count)
        return false;
    *id = running->cases[at].id;
    running_remove(running, at);
    running->lost--;
    return true;
}

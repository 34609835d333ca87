/*
 * The cases that run, each with its supervisor's socket and as much of its report as has come.
 *
 * A case is here from its request until its supervisor has been reaped and its report was forwarded. A
 * supervisor that ends without one is lost: its case waits until nothing of it is left alive, for it is the
 * server that inherits what a lost supervisor had started.
 */
#ifndef DEFRAG_RUNNING_H
#define DEFRAG_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "outbox.h"

struct running {
    uint64_t id;
    pid_t supervisor;
    int control;    /* -1: the supervisor was lost */
    bool reported;  /* its report has been forwarded */
    uint8_t *bytes; /* of its report, as far as it has come: a u32, the length, then the report */
    size_t length, room;
};

struct running_cases {
    struct running *cases;
    size_t count, room, lost;
};

/* Room for one more; false without memory. */
bool running_make_room(struct running_cases *running);

/* Takes over the socket. There is room. */
void running_add(struct running_cases *running, uint64_t id, pid_t supervisor, int control);

/* A case that has a supervisor and no report yet. */
bool running_is_open(const struct running *one);
size_t running_count_open(const struct running_cases *running);

/* Reads once from a case's supervisor; forwards the report when all of it is here. The case may be gone then,
 * and the last one in its place. */
void running_receive(struct running_cases *running, size_t index, struct outbox *output);

/* Tells supervisors to end their cases. */
void running_cancel(struct running_cases *running, uint64_t id);
void running_end_all(struct running_cases *running);

/* Kills and reaps what lost supervisors left to us; true when there was nothing that can be killed. */
bool running_orphans_have_ended(const struct running_cases *running);

/* Removes a case whose supervisor was lost, and gives its id; false: there is none. */
bool running_take_lost(struct running_cases *running, uint64_t *id);

#endif

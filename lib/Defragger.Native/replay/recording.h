/*
 * Reads a recording (src/malloc/record.h) in the order of all threads, a piece of each thread at a time.
 *
 * A first pass over the regions tells which thread has which. A thread waits in a heap by its
 * next event: twice the counter, and one more where an address is given up; equal ones by the thread's
 * number, as lib/Defragger/Traces does. Before its first piece is read, the piece's stamp stands for it, so
 * that only threads that live at that moment have a buffer.
 */
#ifndef DF_REPLAY_RECORDING_H
#define DF_REPLAY_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct recording;

/* Whether a file begins as a recording. */
bool recording_is_one(int descriptor);

/* Ends the program for one that is damaged. */
struct recording *recording_open(int descriptor, const char *path);

bool recording_next(struct recording *recording, struct event *event);

struct recording_facts {
    uint32_t process, threads;
    uint64_t bytes; /* of records */
    bool was_cut;
};

struct recording_facts recording_facts(const struct recording *recording);

#endif

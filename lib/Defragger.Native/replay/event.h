/* What a program asked of its heap, step by step, from a recording or from the text of a trace. */
#ifndef DF_REPLAY_EVENT_H
#define DF_REPLAY_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "blocks.h"

/* In the order of src/malloc/record.h; a resize is two events, since threads may act between them. */
enum event_kind { EVENT_ALLOCATE, EVENT_ZEROED, EVENT_RELEASE, EVENT_LEAVE, EVENT_ARRIVE };

struct event {
    enum event_kind kind;
    uint64_t key;              /* names the block: its address in granules, or its slot */
    uint64_t size, alignment;  /* bytes; 0 where the kind has none */
    struct in_flight *between; /* of LEAVE and ARRIVE: where their thread keeps the block meanwhile */
};

/* The block of a resize that has left its place and not arrived yet; key 0: none that is known. */
struct in_flight {
    struct block block;
};

struct source;

/* Opens a recording or a trace's text, "-" is standard input (text only); ends the program for anything
 * else. */
struct source *source_open(const char *path);

/* The next event; false: there is none. */
bool source_next(struct source *source, struct event *event);

/* About how many there are, for the distance of samples; 0: it is not known. */
uint64_t source_estimate(const struct source *source);

/* Whether blocks are named by slots: then what finds its slot occupied, or empty, does nothing. In a
 * recording what gets an address ends the block that was there. */
bool source_has_slots(const struct source *source);

/* Process and number of threads; 0: it does not tell. */
uint32_t source_process(const struct source *source);
uint32_t source_threads(const struct source *source);

/* Whether it ends in the middle of a piece: its process was killed, or its disk full. */
bool source_was_cut(const struct source *source);

#endif

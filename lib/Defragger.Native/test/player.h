/*
 * Plays the operations of a trace on a heap over real memory (arena.h), and looks whether it keeps the rules.
 *
 *   script -> player_open -> player_step ... -> player_close
 *
 * The first rule that is broken is noted in `fault`; from then on no block is written to.
 */
#ifndef DF_TEST_PLAYER_H
#define DF_TEST_PLAYER_H

#include "arena.h"
#include "script.h"

/* What an operation did. */
struct answer {
    bool done;             /* false: there was nothing to do */
    enum df_status status; /* the heap's */
    enum df_status moving; /* of the allocation that follows DF_NO_ROOM; else the same */
    uint64_t number;       /* the block's offset, or the bytes purged; NONE: neither */
    size_t batch;          /* numbers, the first of player.offsets, in place of that one; 0: none */
};

static const uint64_t NONE = UINT64_MAX;

struct slot {
    uint64_t offset, size; /* size as asked for */
    uint64_t seed;         /* of the pattern in it */
    bool live;
};

struct player {
    struct arena arena;
    struct slot *slots;
    struct slot **batch; /* the slots of a batch, and where their blocks are */
    uint64_t *offsets;   /* room for batch_most at least */
    size_t batch_most;   /* two, or the most slots of a batch */
    bool has_payload;
    uint64_t asked, asked_peak; /* bytes in live blocks, as asked for */
    uint64_t refused, moved;    /* operations */
    char fault[200];            /* what rule the heap broke; empty: none */
};

/* Opens a heap with room for what a script names; false: no heap has this capacity and growth, in bytes. */
bool player_open(struct player *player, const struct script *script, uint64_t capacity, uint64_t growth);

void player_close(struct player *player);

/* Carries out an operation; the pattern of the blocks that it allocates is made from the seed. */
struct answer player_step(struct player *player, const struct trace_operation *operation, uint64_t seed);

/* Notes a rule that does not hold; gives the condition back. */
bool player_holds(struct player *player, bool condition, const char *rule);

/* df_heap_check, and what the arena has seen. */
void player_check(struct player *player);

/* A plan for all pages that are committed as a whole; group_of has a place for each of them. */
struct df_merge_plan player_plan_all(const struct player *player, struct df_merge_limits limits, size_t pages,
                                     uint32_t *group_of);

/* Plans groups of at most `most` of all pages, and holds their members; the plan follows in player.offsets.
 */
struct answer player_merge(struct player *player, uint64_t most);

#endif

/*
 * Replays a trace on a heap over real memory: replay [OPTION...] FILE|-
 *
 *   --check every|N|end  df_heap_check after every operation, every N of them, or at the end only (default)
 *   --print              one line an operation, and one of statistics, for another program to compare (below)
 *   --time               no checks and no payload: ns per operation, the best of three
 *   --growth BYTES       what the heap commits at a time, in place of the trace's (0: all when it is opened)
 *   --capacity BYTES     another arena than the trace's
 *
 * Every block is filled with a pattern of its slot and operation, and verified when it is released or
 * resized, so two blocks that overlap show; a zeroed block must read zero; purged pages too (arena.c). A
 * resize that finds no room allocates, copies and releases, as realloc does.
 *
 * --print: INDEX is the operation's number, from 0; a status is its number in defragger_heap.h; an offset is
 * in bytes. What there is none of is "-".
 *
 *   INDEX STATUS OFFSET    allocate: of the new block, "-" without one; release, resize: of the block
 *   INDEX STATUS OFFSET... allocate many: of the new blocks in their order, "-" without one; release many: of
 *                          the blocks, ascending
 *   INDEX STATUS OFFSET LENGTH
 *                          allocate the victim: of the new block, "-" without one
 *   INDEX STATUS OFFSET OFFSET
 *                          split: of both parts, or of the block that stayed one
 *   INDEX 7 STATUS OFFSET  resize without room: the answer to the allocation that follows, as above
 *   INDEX 0 BYTES          purge: what was purged
 *   INDEX 0 -              refuse
 *   INDEX 0 DONE           hold, restore: 1, or 0 when there was nothing to do
 *   INDEX 0 GROUP... GROUPS MEMBERS MAPPINGS
 *                          merge: the group of each page, -1 for those without, and the plan
 *   INDEX - -              nothing to do: a slot is occupied, or empty
 *   end NAME=NUMBER...     the fields of struct df_statistics in their order, the victim's as two
 *
 * Exit code: 0; 1: the heap broke a rule, which stderr says; 2: the call or the trace is wrong.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "trace.h"

enum { SLOTS_MOST = 1 << 24 /* as the recorder has: lib/Defragger.Native/trace/slot_set.h */ };

/* --- What is replayed --- */

/* What an operation did. */
struct answer {
    bool done;             /* false: there was nothing to do */
    enum df_status status; /* the heap's */
    enum df_status moving; /* of the allocation that follows DF_NO_ROOM; else the same */
    uint64_t number;       /* the block's offset, or the bytes purged; NONE: neither */
    size_t batch;          /* numbers, the first of replay.offsets, in place of that one; 0: none */
};

static const uint64_t NONE = UINT64_MAX;

struct script {
    struct trace_operation *operations;
    size_t count;
    uint32_t slots; /* above the highest that is named */
    uint32_t batch; /* the most slots of one */
    uint64_t first_line, capacity, growth;
};

struct slot {
    uint64_t offset, size; /* size as asked for */
    uint64_t seed;         /* of the pattern in it */
    bool live;
};

struct options {
    const char *file;
    size_t check_every; /* 0: at the end */
    bool print, time, has_growth;
    uint64_t growth, capacity; /* 0: the trace's */
};

struct replay {
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

static void *need(void *memory)
{
    if (memory == NULL) {
        fprintf(stderr, "replay: out of memory\n");
        exit(2);
    }
    return memory;
}

static bool script_read(struct script *script, FILE *text)
{
    static struct trace_reader reader;
    size_t room = 0;
    enum trace_step step = trace_open(&reader, text) ? TRACE_OPERATION : TRACE_FAULT;
    script->capacity = reader.capacity;
    script->growth = reader.growth;
    script->first_line = reader.line + 1;
    while (step == TRACE_OPERATION) {
        if (script->count == room) {
            room = room == 0 ? 4096 : 2 * room;
            script->operations = need(realloc(script->operations, room * sizeof *script->operations));
        }
        struct trace_operation *operation = &script->operations[script->count];
        step = trace_next(&reader, operation);
        uint32_t slots =
            step == TRACE_OPERATION ? operation->slot + (operation->count > 0 ? operation->count : 1) : 0;
        if (step == TRACE_OPERATION && operation->other >= slots)
            slots = operation->other + 1;
        if (slots > SLOTS_MOST) {
            fprintf(stderr, "replay: line %" PRIu64 ": slots up to %d are replayed here\n", reader.line,
                    SLOTS_MOST - 1);
            return false;
        }
        script->count += step == TRACE_OPERATION;
        if (slots > script->slots)
            script->slots = slots;
        if (step == TRACE_OPERATION && operation->count > script->batch)
            script->batch = operation->count;
    }
    if (step == TRACE_FAULT)
        fprintf(stderr, "replay: %s\n", reader.fault);
    return step == TRACE_END;
}

/* --- Payload --- */

static uint64_t pattern(uint64_t seed, uint64_t word)
{
    return (seed + word) * UINT64_C(0x9E3779B97F4A7C15) | 1; /* never zero */
}

static uint64_t whole_granules(uint64_t size)
{
    return size == 0 ? DF_GRANULE : (size + DF_GRANULE - 1) / DF_GRANULE * DF_GRANULE;
}

/* Blocks are whole granules, at multiples of granules: whole, aligned words. */
static void payload_write(struct replay *replay, const struct slot *slot)
{
    uint64_t *words = (void *)(replay->arena.base + slot->offset);
    for (uint64_t at = 0; replay->has_payload && at < whole_granules(slot->size) / sizeof *words; at++)
        words[at] = pattern(slot->seed, at);
}

static bool payload_holds(const struct replay *replay, const struct slot *slot, uint64_t size)
{
    const uint64_t *words = (const void *)(replay->arena.base + slot->offset);
    for (uint64_t at = 0; replay->has_payload && at < whole_granules(size) / sizeof *words; at++)
        if (words[at] != pattern(slot->seed, at))
            return false;
    return true;
}

/* --- Operations --- */

static bool holds(struct replay *replay, bool condition, const char *rule)
{
    if (!condition && replay->fault[0] == 0)
        snprintf(replay->fault, sizeof replay->fault, "%s", rule);
    return condition;
}

static void asked_change(struct replay *replay, uint64_t from, uint64_t to)
{
    replay->asked += to - from;
    if (replay->asked > replay->asked_peak)
        replay->asked_peak = replay->asked;
}

/* What is true of a block that was just allocated or resized. */
static void block_verify(struct replay *replay, const struct slot *slot, uint64_t alignment)
{
    uint64_t usable = 0;
    if (!replay->has_payload)
        return;
    holds(replay, df_heap_usable_size(replay->arena.heap, slot->offset, &usable) == DF_OK,
          "a block is known");
    holds(replay, usable == whole_granules(slot->size), "a block occupies its size in whole granules");
    holds(replay, slot->offset % DF_GRANULE == 0 && slot->offset % alignment == 0, "a block is aligned");
    holds(replay, slot->offset + usable <= replay->arena.committed, "a block lies in committed memory");
}

static struct answer answered(enum df_status status, uint64_t number)
{
    return (struct answer){true, status, status, number, 0};
}

static struct answer allocate(struct replay *replay, struct slot *slot,
                              const struct trace_operation *operation, uint64_t seed)
{
    struct df_heap *heap = replay->arena.heap;
    struct slot made = {.size = operation->size, .seed = seed, .live = true};
    bool zeroed = operation->kind == TRACE_ALLOCATE_ZEROED;
    enum df_status status = zeroed ? df_heap_allocate_zeroed(heap, made.size, &made.offset)
                                   : df_heap_allocate(heap, made.size, operation->alignment, &made.offset);
    if (status != DF_OK)
        return answered(status, NONE);
    *slot = made;
    block_verify(replay, slot, operation->alignment);
    if (zeroed && replay->has_payload)
        holds(replay, arena_is_zero(&replay->arena, made.offset, whole_granules(made.size)),
              "a zeroed block reads zero");
    if (replay->fault[0] == 0)
        payload_write(replay, slot);
    asked_change(replay, 0, made.size);
    return answered(DF_OK, made.offset);
}

static struct answer release(struct replay *replay, struct slot *slot)
{
    holds(replay, payload_holds(replay, slot, slot->size), "nobody else writes to a block");
    slot->live = false;
    asked_change(replay, slot->size, 0);
    return answered(df_heap_release(replay->arena.heap, slot->offset), slot->offset);
}

/* Collects those of an operation's slots that are occupied, or empty; how many. */
static size_t batch_of(struct replay *replay, const struct trace_operation *operation, bool live)
{
    size_t count = 0;
    for (uint32_t i = 0; i < operation->count; i++) {
        struct slot *slot = &replay->slots[operation->slot + i];
        if (slot->live == live)
            replay->batch[count++] = slot;
    }
    return count;
}

static struct answer allocate_many(struct replay *replay, const struct trace_operation *operation,
                                   uint64_t seed)
{
    size_t wanted = batch_of(replay, operation, false), count = 0;
    if (wanted == 0)
        return (struct answer){0};
    struct answer answer = answered(
        df_heap_allocate_many(replay->arena.heap, operation->size, wanted, replay->offsets, &count), NONE);
    holds(replay, (count == wanted) == (answer.status == DF_OK), "a batch is whole, or an answer says why");
    answer.batch = count;
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = replay->batch[i];
        *slot = (struct slot){replay->offsets[i], operation->size, seed + i, true};
        block_verify(replay, slot, DF_GRANULE);
        if (replay->fault[0] == 0)
            payload_write(replay, slot);
        asked_change(replay, 0, operation->size);
    }
    return answer;
}

static int by_offset(const void *left, const void *right)
{
    uint64_t one = (*(struct slot *const *)left)->offset, other = (*(struct slot *const *)right)->offset;
    return one < other ? -1 : one > other;
}

static struct answer release_many(struct replay *replay, const struct trace_operation *operation)
{
    size_t count = batch_of(replay, operation, true), released = 0;
    if (count == 0)
        return (struct answer){0};
    qsort(replay->batch, count, sizeof(struct slot *), by_offset);
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = replay->batch[i];
        holds(replay, payload_holds(replay, slot, slot->size), "nobody else writes to a block");
        slot->live = false;
        asked_change(replay, slot->size, 0);
        replay->offsets[i] = slot->offset;
    }
    struct answer answer =
        answered(df_heap_release_many(replay->arena.heap, replay->offsets, count, &released), NONE);
    holds(replay, released == count, "blocks in ascending order are released");
    answer.batch = count;
    return answer;
}

/* The allocation's status: its block takes the content, and the slot. */
static enum df_status move(struct replay *replay, struct slot *slot, uint64_t size)
{
    struct df_heap *heap = replay->arena.heap;
    uint64_t offset, kept = slot->size < size ? slot->size : size;
    enum df_status status = df_heap_allocate(heap, size, DF_GRANULE, &offset);
    if (status != DF_OK)
        return status;
    replay->moved++;
    if (replay->has_payload)
        memcpy(replay->arena.base + offset, replay->arena.base + slot->offset, whole_granules(kept));
    holds(replay, df_heap_release(heap, slot->offset) == DF_OK, "a block that moved is released");
    slot->offset = offset;
    return DF_OK;
}

static struct answer resize(struct replay *replay, struct slot *slot, uint64_t size)
{
    uint64_t had = slot->size;
    struct answer answer = answered(df_heap_resize(replay->arena.heap, slot->offset, size), slot->offset);
    if (answer.status == DF_NO_ROOM) {
        answer.moving = move(replay, slot, size);
        answer.number = answer.moving == DF_OK ? slot->offset : NONE;
    }
    if (answer.moving != DF_OK) {
        holds(replay, payload_holds(replay, slot, had), "a refused resize changes nothing");
        return answer;
    }
    holds(replay, payload_holds(replay, slot, had < size ? had : size), "a resize keeps the content");
    slot->size = size;
    block_verify(replay, slot, DF_GRANULE);
    if (replay->fault[0] == 0)
        payload_write(replay, slot);
    asked_change(replay, had, size);
    return answer;
}

static struct answer allocate_victim(struct replay *replay, struct slot *slot, uint64_t most, uint64_t seed)
{
    struct df_range range;
    enum df_status status = df_heap_allocate_victim(replay->arena.heap, most, &range);
    struct answer answer = answered(status, NONE);
    if (status != DF_OK)
        return answer;
    holds(replay, range.length > 0 && range.length <= most, "the victim's front is no more than is allowed");
    *slot = (struct slot){range.offset, range.length, seed, true};
    block_verify(replay, slot, DF_GRANULE);
    if (replay->fault[0] == 0)
        payload_write(replay, slot);
    asked_change(replay, 0, range.length);
    replay->offsets[0] = range.offset;
    replay->offsets[1] = range.length;
    answer.batch = 2;
    return answer;
}

/* What was asked for the second part is what the first left of the granules. */
static struct answer split(struct replay *replay, struct slot *slot, struct slot *rest, uint64_t size,
                           uint64_t seed)
{
    uint64_t had = slot->size, front = whole_granules(size);
    struct answer answer = answered(df_heap_split(replay->arena.heap, slot->offset, size), slot->offset);
    holds(replay, payload_holds(replay, slot, had), "a split leaves the content alone");
    if (answer.status != DF_OK ||
        !holds(replay, front < whole_granules(had), "a split leaves something for the second part"))
        return answer;
    *rest = (struct slot){slot->offset + front, whole_granules(had) - front, seed, true};
    slot->size = size;
    block_verify(replay, slot, DF_GRANULE);
    block_verify(replay, rest, DF_GRANULE);
    if (replay->fault[0] == 0) {
        payload_write(replay, slot);
        payload_write(replay, rest);
    }
    asked_change(replay, had, size + rest->size);
    replay->offsets[0] = slot->offset;
    replay->offsets[1] = rest->offset;
    answer.number = NONE;
    answer.batch = 2;
    return answer;
}

static struct answer purge(struct replay *replay, uint64_t pages)
{
    uint64_t before = replay->arena.purged, purged = df_heap_purge(replay->arena.heap, pages * DF_PAGE);
    holds(replay, purged % DF_PAGE == 0 && purged <= pages * DF_PAGE, "a purge keeps to what was allowed");
    holds(replay, purged == replay->arena.purged - before, "a purge tells what it did");
    return answered(DF_OK, purged);
}

/* No heap has a page that 32 bits do not hold. */
static uint32_t page_of(const struct trace_operation *operation)
{
    return operation->size < UINT32_MAX ? (uint32_t)operation->size : UINT32_MAX;
}

/* Every page of a group gets the live granules of all: blocks with the wrong bytes show when they are
 * verified. */
static void merge_memory(const struct replay *replay, const uint32_t *group_of, uint32_t group, size_t pages)
{
    enum { WORDS = DF_GRANULE / sizeof(uint64_t) };
    uint64_t merged[DF_PAGE / sizeof(uint64_t)] = {0}, live[4];
    for (size_t page = 0; page < pages; page++) {
        const uint64_t *words = (const void *)(replay->arena.base + page * DF_PAGE);
        if (group_of[page] != group)
            continue;
        df_heap_page_live(replay->arena.heap, (uint32_t)page, live);
        for (size_t granule = 0; granule < DF_PAGE / DF_GRANULE; granule++)
            if (live[granule / 64] >> granule % 64 & 1)
                memcpy(merged + granule * WORDS, words + granule * WORDS, DF_GRANULE);
    }
    for (size_t page = 0; page < pages; page++)
        if (group_of[page] == group)
            memcpy(replay->arena.base + page * DF_PAGE, merged, sizeof merged);
}

/* A plan for all pages that are committed as a whole. */
static struct df_merge_plan plan_all(const struct replay *replay, struct df_merge_limits limits, size_t pages,
                                     uint32_t *group_of)
{
    uint32_t *numbers = need(calloc(pages + 1, sizeof *numbers));
    void *scratch = need(calloc(1, df_heap_merge_scratch(pages)));
    for (size_t page = 0; page < pages; page++)
        numbers[page] = (uint32_t)page;
    struct df_merge_plan plan =
        df_heap_plan_merges(replay->arena.heap, numbers, pages, &limits, group_of, scratch);
    free(numbers);
    free(scratch);
    return plan;
}

/* Plans groups of all pages, and holds their members; the plan follows in replay.offsets. */
static struct answer merge(struct replay *replay, uint64_t most)
{
    size_t pages = replay->arena.committed / DF_PAGE;
    if (most < 2 || most > 16)
        return (struct answer){0};
    uint32_t *group_of = need(calloc(pages + 1, sizeof *group_of));
    struct df_merge_plan plan =
        plan_all(replay, (struct df_merge_limits){(uint32_t)most, 8, 256}, pages, group_of);
    for (uint32_t group = 0; group < plan.groups && replay->has_payload; group++)
        merge_memory(replay, group_of, group, pages);
    if (pages + 3 > replay->batch_most) {
        replay->batch_most = pages + 3;
        replay->offsets = need(realloc(replay->offsets, replay->batch_most * sizeof *replay->offsets));
    }
    for (size_t page = 0; page < pages; page++) {
        bool is_member = group_of[page] != DF_NO_GROUP;
        replay->offsets[page] = is_member ? group_of[page] : NONE;
        holds(replay, !is_member || df_heap_hold_page(replay->arena.heap, (uint32_t)page),
              "a member can be held");
    }
    replay->offsets[pages] = plan.groups;
    replay->offsets[pages + 1] = plan.members;
    replay->offsets[pages + 2] = plan.mappings;
    free(group_of);
    return (struct answer){.done = true, .number = NONE, .batch = pages + 3};
}

static struct answer step(struct replay *replay, const struct trace_operation *operation, uint64_t seed)
{
    struct slot *slot = &replay->slots[operation->slot];
    switch (operation->kind) {
    case TRACE_ALLOCATE:
    case TRACE_ALLOCATE_ZEROED:
        return slot->live ? (struct answer){0} : allocate(replay, slot, operation, seed);
    case TRACE_RESIZE:
        return slot->live ? resize(replay, slot, operation->size) : (struct answer){0};
    case TRACE_RELEASE:
        return slot->live ? release(replay, slot) : (struct answer){0};
    case TRACE_ALLOCATE_MANY:
        return allocate_many(replay, operation, seed);
    case TRACE_RELEASE_MANY:
        return release_many(replay, operation);
    case TRACE_ALLOCATE_VICTIM:
        return slot->live ? (struct answer){0} : allocate_victim(replay, slot, operation->size, seed);
    case TRACE_SPLIT:
        return slot->live && !replay->slots[operation->other].live
                   ? split(replay, slot, &replay->slots[operation->other], operation->size, seed)
                   : (struct answer){0};
    case TRACE_PURGE:
        return purge(replay, operation->size);
    case TRACE_REFUSE:
        arena_refuse(&replay->arena, operation->size);
        return answered(DF_OK, NONE);
    case TRACE_HOLD:
        return answered(DF_OK, df_heap_hold_page(replay->arena.heap, page_of(operation)));
    case TRACE_RESTORE:
        return answered(DF_OK, df_heap_restore_page(replay->arena.heap, page_of(operation)));
    case TRACE_MERGE:
        return merge(replay, operation->size);
    }
    return (struct answer){0};
}

/* --- A run --- */

static void print_answer(const struct replay *replay, size_t index, struct answer answer)
{
    if (!answer.done) {
        printf("%zu - -\n", index);
        return;
    }
    printf("%zu %d", index, (int)answer.status);
    if (answer.status == DF_NO_ROOM)
        printf(" %d", (int)answer.moving);
    for (size_t i = 0; i < answer.batch; i++) {
        if (replay->offsets[i] == NONE)
            printf(" -1");
        else
            printf(" %" PRIu64, replay->offsets[i]);
    }
    if (answer.number != NONE)
        printf(" %" PRIu64, answer.number);
    else if (answer.batch == 0)
        printf(" -");
    printf("\n");
}

static void print_end(const struct replay *replay)
{
    struct df_statistics now;
    df_heap_statistics(replay->arena.heap, &now);
    const struct {
        const char *name;
        uint64_t number;
    } fields[] = {
        {"capacity", now.capacity},
        {"committed", now.committed},
        {"live_blocks", now.live_blocks},
        {"live", now.live},
        {"free", now.free},
        {"free_least", now.free_least},
        {"largest_free", now.largest_free},
        {"free_runs", now.free_runs},
        {"victim_offset", now.victim.offset},
        {"victim_length", now.victim.length},
        {"pinned", now.pinned},
        {"dirty_free", now.dirty_free},
        {"held", now.held},
    };
    printf("end");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        printf(" %s=%" PRIu64, fields[i].name, fields[i].number);
    printf("\n");
}

static void check(struct replay *replay)
{
    int broken = df_heap_check(replay->arena.heap);
    if (broken != 0)
        snprintf(replay->fault, sizeof replay->fault, "rule %d: %s", broken, df_heap_rule(broken));
    if (replay->arena.fault != NULL)
        holds(replay, false, replay->arena.fault);
}

static bool open_heap(struct replay *replay, const struct script *script, const struct options *options)
{
    uint64_t capacity = options->capacity != 0 ? options->capacity : script->capacity;
    uint64_t growth = options->has_growth ? options->growth : script->growth;
    if (df_heap_metadata_size(capacity) == 0 || arena_open(&replay->arena, capacity, growth) != DF_OK) {
        fprintf(stderr, "replay: no heap has a capacity of %" PRIu64 " and a growth of %" PRIu64 "\n",
                capacity, growth);
        return false;
    }
    replay->slots = need(calloc(script->slots + 1, sizeof *replay->slots));
    replay->batch = need(calloc(script->batch + 1, sizeof(struct slot *)));
    replay->batch_most = script->batch + 2;
    replay->offsets = need(calloc(replay->batch_most, sizeof *replay->offsets));
    return true;
}

static void close_heap(struct replay *replay)
{
    arena_close(&replay->arena);
    free(replay->slots);
    free(replay->batch);
    free(replay->offsets);
}

static void print_statistics(const struct replay *replay)
{
    struct df_statistics now;
    df_heap_statistics(replay->arena.heap, &now);
    double live = now.live > 0 ? (double)now.live : 1,
           peak = replay->asked_peak > 0 ? (double)replay->asked_peak : 1;
    printf("live      %" PRIu64 " bytes in %" PRIu64 " blocks, %" PRIu64 " asked for; peak %" PRIu64
           " asked for\n",
           now.live, now.live_blocks, replay->asked, replay->asked_peak);
    printf("free      %" PRIu64 " bytes in %" PRIu64 " runs, the largest %" PRIu64 ", the victim %" PRIu64
           "\n",
           now.free, now.free_runs, now.largest_free, now.victim.length);
    printf("pages     %" PRIu64 " bytes pinned, %" PRIu64 " dirty and free, %" PRIu64 " purged, %" PRIu64
           " zeroed\n",
           now.pinned, now.dirty_free, replay->arena.purged, replay->arena.zeroed);
    printf("committed %" PRIu64 " of %" PRIu64 " bytes in %" PRIu64 " steps\n", now.committed, now.capacity,
           replay->arena.commits);
    printf("refused   %" PRIu64 " operations; %" PRIu64 " resizes moved\n", replay->refused, replay->moved);
    printf("peak committed / peak live  %.3f\n", (double)now.committed / peak);
    printf("pinned / live at the end    %.3f\n", (double)now.pinned / live);
    size_t pages = now.committed / DF_PAGE;
    uint32_t *group_of = need(calloc(pages + 1, sizeof *group_of));
    struct df_merge_plan plan = plan_all(replay, (struct df_merge_limits){16, 64, 128}, pages, group_of);
    printf("merged    %" PRIu32 " pages could lie on %" PRIu32 ", in %" PRIu32
           " mappings: pinned / live %.3f\n",
           plan.members, plan.groups, plan.mappings,
           ((double)now.pinned - (double)plan.saved_pages * DF_PAGE) / live);
    free(group_of);
}

static int run_checked(const struct script *script, const struct options *options)
{
    struct replay replay = {.has_payload = true};
    if (!open_heap(&replay, script, options))
        return 2;
    size_t at = 0;
    for (; at < script->count && replay.fault[0] == 0; at++) {
        const struct trace_operation *operation = &script->operations[at];
        struct answer answer = step(&replay, operation, at << 20 ^ operation->slot);
        replay.refused += answer.moving != DF_OK;
        if (options->print)
            print_answer(&replay, at, answer);
        if (options->check_every != 0 && (at + 1) % options->check_every == 0)
            check(&replay);
    }
    if (replay.fault[0] == 0)
        check(&replay);
    if (replay.fault[0] != 0)
        fprintf(stderr, "operation %zu, line %" PRIu64 ": %s\n", at, script->first_line + at - 1,
                replay.fault);
    else if (options->print)
        print_end(&replay);
    else
        print_statistics(&replay);
    close_heap(&replay);
    return replay.fault[0] != 0;
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int run_timed(const struct script *script, const struct options *options)
{
    double best = 0;
    for (int round = 0; round < 3; round++) {
        struct replay replay = {0};
        if (!open_heap(&replay, script, options))
            return 2;
        double begin = now_ns();
        for (size_t at = 0; at < script->count; at++)
            step(&replay, &script->operations[at], at);
        double took = now_ns() - begin;
        best = round == 0 || took < best ? took : best;
        close_heap(&replay);
    }
    printf("%.1f ns per operation\n", best / (double)(script->count > 0 ? script->count : 1));
    return 0;
}

/* --- The call --- */

static bool number_of(const char *text, uint64_t *number)
{
    char *end;
    *number = text == NULL ? 0 : strtoull(text, &end, 10);
    return text != NULL && text[0] >= '0' && text[0] <= '9' && *end == 0;
}

static bool check_every(const char *text, size_t *every)
{
    uint64_t number = strcmp(text, "every") == 0;
    bool good = number == 1 || strcmp(text, "end") == 0 || (number_of(text, &number) && number > 0);
    *every = (size_t)number;
    return good;
}

static bool options_read(struct options *options, char **words)
{
    *options = (struct options){0};
    for (; *words != NULL; words++) {
        bool good = true;
        if (strcmp(*words, "--print") == 0)
            options->print = true;
        else if (strcmp(*words, "--time") == 0)
            options->time = true;
        else if (strcmp(*words, "--growth") == 0)
            good = options->has_growth = number_of(*++words, &options->growth);
        else if (strcmp(*words, "--capacity") == 0)
            good = number_of(*++words, &options->capacity) && options->capacity > 0;
        else if (strcmp(*words, "--check") == 0 && words[1] != NULL)
            good = check_every(*++words, &options->check_every);
        else if (options->file == NULL && ((*words)[0] != '-' || (*words)[1] == 0))
            options->file = *words;
        else
            good = false;
        if (!good)
            return false;
    }
    return options->file != NULL;
}

int main(int argc, char **argv)
{
    (void)argc;
    struct options options;
    if (!options_read(&options, argv + 1)) {
        fprintf(stderr,
                "usage: replay [--check every|N|end] [--print] [--time] [--growth BYTES] [--capacity BYTES] "
                "FILE|-\n");
        return 2;
    }
    FILE *text = strcmp(options.file, "-") == 0 ? stdin : fopen(options.file, "r");
    if (text == NULL) {
        perror(options.file);
        return 2;
    }
    struct script script = {0};
    int exit_code = 2;
    if (script_read(&script, text))
        exit_code = options.time ? run_timed(&script, &options) : run_checked(&script, &options);
    free(script.operations);
    fclose(text);
    return exit_code;
}

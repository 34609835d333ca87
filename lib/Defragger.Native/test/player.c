#include "player.h"

#include <stdlib.h>
#include <string.h>

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
static void payload_write(struct player *player, const struct slot *slot)
{
    uint64_t *words = (void *)(player->arena.base + slot->offset);
    for (uint64_t at = 0; player->has_payload && at < whole_granules(slot->size) / sizeof *words; at++)
        words[at] = pattern(slot->seed, at);
}

static bool payload_holds(const struct player *player, const struct slot *slot, uint64_t size)
{
    const uint64_t *words = (const void *)(player->arena.base + slot->offset);
    for (uint64_t at = 0; player->has_payload && at < whole_granules(size) / sizeof *words; at++)
        if (words[at] != pattern(slot->seed, at))
            return false;
    return true;
}

/* --- Operations --- */

bool player_holds(struct player *player, bool condition, const char *rule)
{
    if (!condition && player->fault[0] == 0)
        snprintf(player->fault, sizeof player->fault, "%s", rule);
    return condition;
}

static void asked_change(struct player *player, uint64_t from, uint64_t to)
{
    player->asked += to - from;
    if (player->asked > player->asked_peak)
        player->asked_peak = player->asked;
}

/* What is true of a block that was just allocated or resized. */
static void block_verify(struct player *player, const struct slot *slot, uint64_t alignment)
{
    uint64_t usable = 0;
    if (!player->has_payload)
        return;
    player_holds(player, df_heap_usable_size(player->arena.heap, slot->offset, &usable) == DF_OK,
                 "a block is known");
    player_holds(player, usable == whole_granules(slot->size), "a block occupies its size in whole granules");
    player_holds(player, slot->offset % DF_GRANULE == 0 && slot->offset % alignment == 0,
                 "a block is aligned");
    player_holds(player, slot->offset + usable <= player->arena.committed,
                 "a block lies in committed memory");
}

static struct answer answered(enum df_status status, uint64_t number)
{
    return (struct answer){true, status, status, number, 0};
}

static struct answer allocate(struct player *player, struct slot *slot,
                              const struct trace_operation *operation, uint64_t seed)
{
    struct df_heap *heap = player->arena.heap;
    struct slot made = {.size = operation->size, .seed = seed, .live = true};
    bool zeroed = operation->kind == TRACE_ALLOCATE_ZEROED;
    enum df_status status = zeroed ? df_heap_allocate_zeroed(heap, made.size, &made.offset)
                                   : df_heap_allocate(heap, made.size, operation->alignment, &made.offset);
    if (status != DF_OK)
        return answered(status, NONE);
    *slot = made;
    block_verify(player, slot, operation->alignment);
    if (zeroed && player->has_payload)
        player_holds(player, arena_is_zero(&player->arena, made.offset, whole_granules(made.size)),
                     "a zeroed block reads zero");
    if (player->fault[0] == 0)
        payload_write(player, slot);
    asked_change(player, 0, made.size);
    return answered(DF_OK, made.offset);
}

static struct answer release(struct player *player, struct slot *slot)
{
    player_holds(player, payload_holds(player, slot, slot->size), "nobody else writes to a block");
    slot->live = false;
    asked_change(player, slot->size, 0);
    return answered(df_heap_release(player->arena.heap, slot->offset), slot->offset);
}

/* Collects those of an operation's slots that are occupied, or empty; how many. */
static size_t batch_of(struct player *player, const struct trace_operation *operation, bool live)
{
    size_t count = 0;
    for (uint32_t i = 0; i < operation->count; i++) {
        struct slot *slot = &player->slots[operation->slot + i];
        if (slot->live == live)
            player->batch[count++] = slot;
    }
    return count;
}

static struct answer allocate_many(struct player *player, const struct trace_operation *operation,
                                   uint64_t seed)
{
    size_t wanted = batch_of(player, operation, false), count = 0;
    if (wanted == 0)
        return (struct answer){0};
    struct answer answer = answered(
        df_heap_allocate_many(player->arena.heap, operation->size, wanted, player->offsets, &count), NONE);
    player_holds(player, (count == wanted) == (answer.status == DF_OK),
                 "a batch is whole, or an answer says why");
    answer.batch = count;
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = player->batch[i];
        *slot = (struct slot){player->offsets[i], operation->size, seed + i, true};
        block_verify(player, slot, DF_GRANULE);
        if (player->fault[0] == 0)
            payload_write(player, slot);
        asked_change(player, 0, operation->size);
    }
    return answer;
}

static int by_offset(const void *left, const void *right)
{
    uint64_t one = (*(struct slot *const *)left)->offset, other = (*(struct slot *const *)right)->offset;
    return one < other ? -1 : one > other;
}

static struct answer release_many(struct player *player, const struct trace_operation *operation)
{
    size_t count = batch_of(player, operation, true), released = 0;
    if (count == 0)
        return (struct answer){0};
    qsort(player->batch, count, sizeof(struct slot *), by_offset);
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = player->batch[i];
        player_holds(player, payload_holds(player, slot, slot->size), "nobody else writes to a block");
        slot->live = false;
        asked_change(player, slot->size, 0);
        player->offsets[i] = slot->offset;
    }
    struct answer answer =
        answered(df_heap_release_many(player->arena.heap, player->offsets, count, &released), NONE);
    player_holds(player, released == count, "blocks in ascending order are released");
    answer.batch = count;
    return answer;
}

/* The allocation's status: its block takes the content, and the slot. */
static enum df_status move(struct player *player, struct slot *slot, uint64_t size)
{
    struct df_heap *heap = player->arena.heap;
    uint64_t offset, kept = slot->size < size ? slot->size : size;
    enum df_status status = df_heap_allocate(heap, size, DF_GRANULE, &offset);
    if (status != DF_OK)
        return status;
    player->moved++;
    if (player->has_payload)
        memcpy(player->arena.base + offset, player->arena.base + slot->offset, whole_granules(kept));
    player_holds(player, df_heap_release(heap, slot->offset) == DF_OK, "a block that moved is released");
    slot->offset = offset;
    return DF_OK;
}

static struct answer resize(struct player *player, struct slot *slot, uint64_t size)
{
    uint64_t had = slot->size;
    struct answer answer = answered(df_heap_resize(player->arena.heap, slot->offset, size), slot->offset);
    if (answer.status == DF_NO_ROOM) {
        answer.moving = move(player, slot, size);
        answer.number = answer.moving == DF_OK ? slot->offset : NONE;
    }
    if (answer.moving != DF_OK) {
        player_holds(player, payload_holds(player, slot, had), "a refused resize changes nothing");
        return answer;
    }
    player_holds(player, payload_holds(player, slot, had < size ? had : size), "a resize keeps the content");
    slot->size = size;
    block_verify(player, slot, DF_GRANULE);
    if (player->fault[0] == 0)
        payload_write(player, slot);
    asked_change(player, had, size);
    return answer;
}

static struct answer allocate_victim(struct player *player, struct slot *slot, uint64_t most, uint64_t seed)
{
    struct df_range range;
    enum df_status status = df_heap_allocate_victim(player->arena.heap, most, &range);
    struct answer answer = answered(status, NONE);
    if (status != DF_OK)
        return answer;
    player_holds(player, range.length > 0 && range.length <= most,
                 "the victim's front is no more than is allowed");
    *slot = (struct slot){range.offset, range.length, seed, true};
    block_verify(player, slot, DF_GRANULE);
    if (player->fault[0] == 0)
        payload_write(player, slot);
    asked_change(player, 0, range.length);
    player->offsets[0] = range.offset;
    player->offsets[1] = range.length;
    answer.batch = 2;
    return answer;
}

/* What was asked for the second part is what the first left of the granules. */
static struct answer split(struct player *player, struct slot *slot, struct slot *rest, uint64_t size,
                           uint64_t seed)
{
    uint64_t had = slot->size, front = whole_granules(size);
    struct answer answer = answered(df_heap_split(player->arena.heap, slot->offset, size), slot->offset);
    player_holds(player, payload_holds(player, slot, had), "a split leaves the content alone");
    if (answer.status != DF_OK ||
        !player_holds(player, front < whole_granules(had), "a split leaves something for the second part"))
        return answer;
    *rest = (struct slot){slot->offset + front, whole_granules(had) - front, seed, true};
    slot->size = size;
    block_verify(player, slot, DF_GRANULE);
    block_verify(player, rest, DF_GRANULE);
    if (player->fault[0] == 0) {
        payload_write(player, slot);
        payload_write(player, rest);
    }
    asked_change(player, had, size + rest->size);
    player->offsets[0] = slot->offset;
    player->offsets[1] = rest->offset;
    answer.number = NONE;
    answer.batch = 2;
    return answer;
}

static struct answer purge(struct player *player, uint64_t pages)
{
    uint64_t before = player->arena.purged, purged = df_heap_purge(player->arena.heap, pages * DF_PAGE);
    player_holds(player, purged % DF_PAGE == 0 && purged <= pages * DF_PAGE,
                 "a purge keeps to what was allowed");
    player_holds(player, purged == player->arena.purged - before, "a purge tells what it did");
    return answered(DF_OK, purged);
}

/* No heap has a page that 32 bits do not hold. */
static uint32_t page_of(const struct trace_operation *operation)
{
    return operation->size < UINT32_MAX ? (uint32_t)operation->size : UINT32_MAX;
}

struct answer player_step(struct player *player, const struct trace_operation *operation, uint64_t seed)
{
    struct slot *slot = &player->slots[operation->slot];
    switch (operation->kind) {
    case TRACE_ALLOCATE:
    case TRACE_ALLOCATE_ZEROED:
        return slot->live ? (struct answer){0} : allocate(player, slot, operation, seed);
    case TRACE_RESIZE:
        return slot->live ? resize(player, slot, operation->size) : (struct answer){0};
    case TRACE_RELEASE:
        return slot->live ? release(player, slot) : (struct answer){0};
    case TRACE_ALLOCATE_MANY:
        return allocate_many(player, operation, seed);
    case TRACE_RELEASE_MANY:
        return release_many(player, operation);
    case TRACE_ALLOCATE_VICTIM:
        return slot->live ? (struct answer){0} : allocate_victim(player, slot, operation->size, seed);
    case TRACE_SPLIT:
        return slot->live && !player->slots[operation->other].live
                   ? split(player, slot, &player->slots[operation->other], operation->size, seed)
                   : (struct answer){0};
    case TRACE_PURGE:
        return purge(player, operation->size);
    case TRACE_REFUSE:
        arena_refuse(&player->arena, operation->size);
        return answered(DF_OK, NONE);
    case TRACE_HOLD:
        return answered(DF_OK, df_heap_hold_page(player->arena.heap, page_of(operation)));
    case TRACE_RESTORE:
        return answered(DF_OK, df_heap_restore_page(player->arena.heap, page_of(operation)));
    case TRACE_MERGE:
        return player_merge(player, operation->size);
    }
    return (struct answer){0};
}

/* --- A heap --- */

bool player_open(struct player *player, const struct script *script, uint64_t capacity, uint64_t growth)
{
    if (df_heap_metadata_size(capacity) == 0 || arena_open(&player->arena, capacity, growth) != DF_OK)
        return false;
    player->slots = need(calloc(script->slots + 1, sizeof *player->slots));
    player->batch = need(calloc(script->batch + 1, sizeof(struct slot *)));
    player->batch_most = script->batch + 2;
    player->offsets = need(calloc(player->batch_most, sizeof *player->offsets));
    return true;
}

void player_close(struct player *player)
{
    arena_close(&player->arena);
    free(player->slots);
    free(player->batch);
    free(player->offsets);
}

void player_check(struct player *player)
{
    int broken = df_heap_check(player->arena.heap);
    if (broken != 0)
        snprintf(player->fault, sizeof player->fault, "rule %d: %s", broken, df_heap_rule(broken));
    if (player->arena.fault != NULL)
        player_holds(player, false, player->arena.fault);
}

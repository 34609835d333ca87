/* See replay.h. */
#include "replay.h"

#include <inttypes.h>

#include "fail.h"

enum { PAGE = PAGE_GRANULES * GRANULE, MAPPING_LEAST = 1024 * 1024, BORN_UNIT = 1000 };

_Noreturn void policy_is_full(const char *name, uint64_t size)
{
    fail(FAULT_IN_INPUT,
         "%s: there is no place for a block of %" PRIu64
         " bytes in 16 GiB of small blocks; a larger program is not replayed.",
         name, size);
}

void replay_open(struct replay *replay, const struct policy *const policies[], uint32_t count, bool check)
{
    *replay = (struct replay){.track_count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct track *track = &replay->tracks[i];
        track->policy = policies[i];
        pages_open(&track->pages);
        track->state = policies[i]->open(&track->pages);
        if (check)
            track->taken = map_sparse(ARENA_GRANULES / 8);
    }
}

/* --- What --check looks at --- */

static void check_range(const struct track *track, uint64_t at, uint64_t length, bool take)
{
    for (uint64_t granule = at; granule < at + length; granule++) {
        uint64_t bit = UINT64_C(1) << granule % 64;
        if (((track->taken[granule / 64] & bit) == 0) != take)
            fail(FAULT_IN_POLICY, "%s: blocks overlap at granule %" PRIu64, track->policy->name, granule);
        track->taken[granule / 64] ^= bit;
    }
}

/* A block has been placed, or (take: false) will be gone. */
static void check(const struct track *track, uint32_t at, uint64_t size, bool take)
{
    if (track->taken == NULL)
        return;
    uint64_t length = track->policy->length(track->state, at, size);
    if (length * GRANULE < size)
        fail(FAULT_IN_POLICY, "%s: a block of %" PRIu64 " bytes has %" PRIu64, track->policy->name, size,
             length * GRANULE);
    check_range(track, at, length, take);
}

/* --- A block under one policy --- */

static uint32_t place(const struct track *track, uint64_t size, uint64_t alignment)
{
    uint32_t at = track->policy->place(track->state, size, alignment);
    check(track, at, size, true);
    if (track->taken != NULL && alignment > GRANULE && (uint64_t)at * GRANULE % alignment != 0)
        fail(FAULT_IN_POLICY, "%s: a block is not aligned to %" PRIu64, track->policy->name, alignment);
    return at;
}

static void release(const struct track *track, uint32_t at, uint64_t size)
{
    check(track, at, size, false);
    track->policy->release(track->state, at, size);
}

static uint32_t resize(const struct track *track, uint32_t at, uint64_t from, uint64_t to)
{
    check(track, at, from, false);
    bool stays = track->policy->resize(track->state, at, from, to);
    check(track, at, stays ? to : from, true);
    if (stays)
        return at;
    uint32_t moved = place(track, to, GRANULE);
    release(track, at, from);
    return moved;
}

/* --- Blocks under all --- */

static bool is_mapping(uint64_t size, uint64_t alignment)
{
    return size >= MAPPING_LEAST || alignment > PAGE;
}

static uint64_t pages_of(uint64_t size)
{
    return size == 0 ? 1 : (size + PAGE - 1) / PAGE;
}

static void live_change(struct replay *replay, uint64_t from, uint64_t to)
{
    replay->live += to - from;
    if (replay->live > replay->live_most)
        replay->live_most = replay->live;
}

static void block_place(struct replay *replay, struct block *block, uint64_t size, uint64_t alignment)
{
    block->size = size;
    block->is_mapping = is_mapping(size, alignment);
    if (block->is_mapping)
        replay->mapped += pages_of(size);
    for (uint32_t i = 0; !block->is_mapping && i < replay->track_count; i++)
        block->at[i] = place(&replay->tracks[i], size, alignment);
}

static void block_release(struct replay *replay, const struct block *block)
{
    if (block->is_mapping)
        replay->mapped -= pages_of(block->size);
    for (uint32_t i = 0; !block->is_mapping && i < replay->track_count; i++)
        release(&replay->tracks[i], block->at[i], block->size);
}

static void block_resize(struct replay *replay, struct block *block, uint64_t size)
{
    struct block old = *block;
    live_change(replay, old.size, size);
    if (!old.is_mapping && !is_mapping(size, GRANULE)) {
        for (uint32_t i = 0; i < replay->track_count; i++)
            block->at[i] = resize(&replay->tracks[i], old.at[i], old.size, size);
        block->size = size;
        return;
    }
    block_place(replay, block, size, GRANULE);
    block_release(replay, &old);
}

/* --- Operations --- */

static void operation_end(struct replay *replay)
{
    replay->operations++;
    for (uint32_t i = 0; i < replay->track_count; i++) {
        struct track *track = &replay->tracks[i];
        uint64_t held = track->pages.held + replay->mapped, pinned = track->pages.pinned + replay->mapped;
        if (held > track->held_most)
            track->held_most = held;
        if (pinned > track->pinned_most)
            track->pinned_most = pinned;
    }
}

static void allocate(struct replay *replay, const struct event *event)
{
    struct block block = {.key = event->key + 1, .born = (uint32_t)(replay->operations / BORN_UNIT)};
    block_place(replay, &block, event->size, event->alignment);
    live_change(replay, 0, event->size);
    blocks_add(&replay->blocks, &block);
    operation_end(replay);
}

static void end(struct replay *replay, struct block *block)
{
    block_release(replay, block);
    live_change(replay, block->size, 0);
    blocks_remove(&replay->blocks, block);
    operation_end(replay);
}

static void leave(struct replay *replay, const struct event *event)
{
    struct block *block = blocks_find(&replay->blocks, event->key);
    event->between->block = block != NULL ? *block : (struct block){0};
    if (block != NULL)
        blocks_remove(&replay->blocks, block);
}

static void arrive(struct replay *replay, const struct event *event)
{
    struct block block = event->between->block;
    if (block.key == 0) {
        if (!replay->has_slots)
            allocate(replay, event);
        return;
    }
    block_resize(replay, &block, event->size);
    block.key = event->key + 1;
    blocks_add(&replay->blocks, &block);
    operation_end(replay);
}

void replay_event(struct replay *replay, const struct event *event)
{
    bool got = event->kind != EVENT_RELEASE && event->kind != EVENT_LEAVE;
    struct block *there =
        got || event->kind == EVENT_RELEASE ? blocks_find(&replay->blocks, event->key) : NULL;
    if (got && there != NULL) {
        if (replay->has_slots)
            return;
        end(replay, there); /* its release was not recorded */
    }
    switch (event->kind) {
    case EVENT_RELEASE:
        if (there != NULL)
            end(replay, there);
        break;
    case EVENT_LEAVE:
        leave(replay, event);
        break;
    case EVENT_ARRIVE:
        arrive(replay, event);
        break;
    default:
        allocate(replay, event);
    }
}

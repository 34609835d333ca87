/* See large.h. The table: open addressing with linear probing, at most half full; removal shifts the entries
 * behind it back, so there are no tombstones (Knuth, TAOCP 3, 6.4, algorithm R). */
#include "large.h"

#include <stddef.h>
#include <string.h>

#include "../os/lock.h"
#include "../os/memory.h"
#include "../os/process.h"
#include "defragger_heap.h"
#include "settings.h"

enum { LARGE_ENDED = 64 };

struct mapping {
    unsigned char *at; /* NULL: this place of the table is free */
    uint64_t length;
};

static struct {
    struct os_lock lock;
    struct mapping *table;
    size_t room, used; /* places, a power of two; those in use */
    uint64_t live;     /* bytes */
    size_t most;       /* blocks; 0: not asked yet */
    struct waiting {
        struct mapping mapping;
        uint64_t since;
    } waiting[LARGE_WAITING];
    size_t waiting_count; /* the oldest first */
    uint64_t waiting_bytes;
    const void *ended[LARGE_ENDED]; /* where mappings were that are no more, for reports */
    size_t ended_next;
} large;

static uint64_t pages_for(uint64_t size)
{
    return (size + DF_PAGE - 1) & ~(uint64_t)(DF_PAGE - 1);
}

/* --- The table, with the lock --- */

static size_t home_of(const void *at)
{
    enum { PAGE_SHIFT = 12 };
    uint64_t hash = ((uintptr_t)at >> PAGE_SHIFT) * UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio */
    return (size_t)(hash >> 32) & (large.room - 1);
}

/* The place of an address, or the free one where it would be. */
static struct mapping *table_find(const void *at)
{
    size_t place = home_of(at);
    while (large.table[place].at != NULL && large.table[place].at != at)
        place = (place + 1) & (large.room - 1);
    return &large.table[place];
}

static bool table_reserve(void)
{
    enum { ROOM_FIRST = 4096 / sizeof(struct mapping) };
    if (large.used * 2 < large.room)
        return true;
    size_t old_room = large.room, room = old_room == 0 ? ROOM_FIRST : old_room * 2;
    struct mapping *old = large.table, *table = os_map_sparse(room * sizeof *table);
    if (table == NULL)
        return false;
    large.table = table;
    large.room = room;
    for (size_t i = 0; i < old_room; i++)
        if (old[i].at != NULL)
            *table_find(old[i].at) = old[i];
    if (old != NULL)
        os_unmap(old, old_room * sizeof *old);
    return true;
}

static void table_add(struct mapping mapping)
{
    *table_find(mapping.at) = mapping;
    large.used++;
    large.live += mapping.length;
}

static void table_remove(struct mapping *entry)
{
    large.used--;
    large.live -= entry->length;
    size_t mask = large.room - 1, gap = (size_t)(entry - large.table);
    for (size_t place = (gap + 1) & mask; large.table[place].at != NULL; place = (place + 1) & mask) {
        size_t home = home_of(large.table[place].at);
        if (((place - home) & mask) < ((place - gap) & mask))
            continue; /* between its home and here there is no gap */
        large.table[gap] = large.table[place];
        gap = place;
    }
    large.table[gap].at = NULL;
}

/* --- Waiting mappings, with the lock --- */

static struct mapping waiting_remove(size_t place)
{
    struct mapping mapping = large.waiting[place].mapping;
    large.waiting_count--;
    large.waiting_bytes -= mapping.length;
    memmove(large.waiting + place, large.waiting + place + 1,
            (large.waiting_count - place) * sizeof *large.waiting);
    return mapping;
}

/* Notes with the lock, while the place cannot be another's yet, that a mapping will be ended. */
static void note_end(struct mapping mapping)
{
    large.ended[large.ended_next++ % LARGE_ENDED] = mapping.at;
}

/* Long enough, and at most an eighth too long. */
static bool fits(struct mapping mapping, uint64_t length)
{
    return mapping.length >= length && mapping.length - length <= length / 8;
}

/* The shortest that fits; else the one nearest in length, neither half of it nor twice as much, which has to
 * be made to fit. */
static bool waiting_take(uint64_t length, uint64_t alignment, struct mapping *mapping)
{
    size_t fitting = large.waiting_count, near = fitting;
    uint64_t shortest = UINT64_MAX, nearest = UINT64_MAX;
    for (size_t i = 0; i < large.waiting_count; i++) {
        struct mapping each = large.waiting[i].mapping;
        uint64_t off = each.length < length ? length - each.length : each.length - length;
        if (fits(each, length) && (uintptr_t)each.at % alignment == 0 && each.length < shortest) {
            shortest = each.length;
            fitting = i;
        } else if (off < length && off < each.length && off < nearest) {
            nearest = off;
            near = i;
        }
    }
    if (fitting < large.waiting_count) {
        *mapping = waiting_remove(fitting);
        return true;
    }
    if (near == large.waiting_count || alignment != DF_PAGE)
        return false;
    note_end(*mapping = waiting_remove(near)); /* it may move */
    return true;
}

/* --- Mappings --- */

/* In the hardened mode a page before and one behind the block stop whoever runs over its edge. */
static uint64_t guard(void)
{
    return settings.hardened ? DF_PAGE : 0;
}

static void *mapping_make(uint64_t length, uint64_t alignment)
{
    if (guard() == 0)
        return os_map(length, alignment);
    uint64_t before = alignment > guard() ? alignment : guard();
    unsigned char *at = os_map(length + before + guard(), alignment);
    if (at == NULL)
        return NULL;
    if (before > guard())
        os_unmap(at, before - guard());
    os_guard(at + before - guard(), guard());
    os_guard(at + before + length, guard());
    return at + before;
}

static void mapping_end(struct mapping mapping)
{
    os_unmap(mapping.at - guard(), mapping.length + 2 * guard());
}

/* A mapping that fits a length out of one that waited: what is too much of it is given back, or what lacks is
 * added, and the rest of its pages need not be made again. Nowhere: it could not, and is no more. */
static struct mapping mapping_adapt(struct mapping waited, uint64_t length)
{
    if (fits(waited, length))
        return waited;
    void *at = os_remap(waited.at, waited.length, length);
    if (at == NULL)
        mapping_end(waited);
    return (struct mapping){at, length};
}

void *large_allocate(uint64_t size, uint64_t alignment, bool zeroed)
{
    struct mapping mapping = {.length = pages_for(size)}, waited = {0};
    if (mapping.length < size)
        return NULL;
    if (alignment < DF_PAGE)
        alignment = DF_PAGE;
    os_lock_take(&large.lock);
    if (large.most == 0)
        large.most = os_mappings_most() / LARGE_SHARE / (settings.hardened ? 3 : 1);
    bool ready = large.used + large.waiting_count < large.most && table_reserve();
    bool reused = ready && waiting_take(mapping.length, alignment, &waited);
    os_lock_give(&large.lock);
    if (!ready)
        return NULL;
    if (reused)
        mapping = mapping_adapt(waited, mapping.length);
    if (mapping.at == NULL)
        mapping.at = mapping_make(mapping.length, alignment);
    else if (zeroed)
        memset(mapping.at, 0, waited.length < mapping.length ? waited.length : mapping.length);
    if (mapping.at == NULL)
        return NULL;
    os_lock_take(&large.lock);
    ready = table_reserve(); /* other threads may have filled it */
    if (ready)
        table_add(mapping);
    os_lock_give(&large.lock);
    if (ready)
        return mapping.at;
    mapping_end(mapping);
    return NULL;
}

/* A live block that has an address inside; for reports only, since it visits all. */
static bool find_inside(const void *at, struct mapping *found)
{
    for (size_t i = 0; i < large.room; i++)
        if (large.table[i].at != NULL &&
            (uintptr_t)at - (uintptr_t)large.table[i].at < large.table[i].length) {
            *found = large.table[i];
            return true;
        }
    return false;
}

static bool was_freed(const void *at)
{
    for (size_t i = 0; i < large.waiting_count; i++)
        if (large.waiting[i].mapping.at == at)
            return true;
    for (size_t i = 0; i < LARGE_ENDED; i++)
        if (large.ended[i] == at)
            return true;
    return false;
}

/* With the lock; *entry is that of a live block. */
static struct large_place look_up(const void *block, struct mapping **entry)
{
    struct mapping inside = {0};
    *entry = large.room == 0 ? NULL : table_find(block);
    if (*entry != NULL && (*entry)->at != NULL)
        return (struct large_place){LARGE_LIVE, (*entry)->at, (*entry)->length};
    enum large_state state = was_freed(block)              ? LARGE_FREED
                             : find_inside(block, &inside) ? LARGE_INSIDE
                                                           : LARGE_NONE;
    return (struct large_place){state, inside.at, inside.length};
}

struct large_place large_find(const void *block)
{
    struct mapping *entry;
    os_lock_take(&large.lock);
    struct large_place place = look_up(block, &entry);
    os_lock_give(&large.lock);
    return place;
}

/* Makes room for a mapping that shall wait: takes out those that have waited longest; how many. */
static size_t waiting_displace(uint64_t length, struct mapping *displaced)
{
    size_t count = 0;
    while (large.waiting_count == LARGE_WAITING ||
           (large.waiting_count > 0 && large.waiting_bytes + length > LARGE_WAITING_BYTES))
        note_end(displaced[count++] = waiting_remove(0));
    return count;
}

struct large_place large_release(void *block)
{
    struct mapping *entry, ended[LARGE_WAITING];
    size_t count = 0;
    os_lock_take(&large.lock);
    struct large_place place = look_up(block, &entry);
    if (place.state == LARGE_LIVE) {
        struct mapping mapping = *entry;
        table_remove(entry);
        if (mapping.length <= LARGE_WAITING_BYTES && settings.decay > 0 && !settings.hardened) {
            count = waiting_displace(mapping.length, ended);
            large.waiting[large.waiting_count++] = (struct waiting){mapping, os_now()};
            large.waiting_bytes += mapping.length;
        } else {
            note_end(ended[count++] = mapping);
        }
    }
    os_lock_give(&large.lock);
    for (size_t i = 0; i < count; i++)
        mapping_end(ended[i]);
    return place;
}

void *large_resize(void *block, uint64_t size)
{
    uint64_t length = pages_for(size);
    if (length < size || settings.hardened) /* its guards do not move along */
        return NULL;
    os_lock_take(&large.lock);
    struct mapping *entry = table_find(block);
    struct mapping mapping = *entry;
    void *moved = mapping.length == length ? block : os_remap(block, mapping.length, length);
    if (moved != NULL) {
        table_remove(entry);
        table_add((struct mapping){moved, length});
    }
    os_lock_give(&large.lock);
    return moved;
}

uint64_t large_decay(uint64_t before)
{
    struct mapping old[LARGE_WAITING];
    size_t count = 0;
    uint64_t bytes = 0;
    os_lock_take(&large.lock);
    while (large.waiting_count > 0 && large.waiting[0].since <= before)
        note_end(old[count++] = waiting_remove(0));
    os_lock_give(&large.lock);
    for (size_t i = 0; i < count; i++) {
        mapping_end(old[i]);
        bytes += old[i].length;
    }
    return bytes;
}

struct large_statistics large_statistics(void)
{
    return (struct large_statistics){large.live, large.used, large.waiting_bytes};
}

void large_walk(void (*visit)(void *context, const void *block, uint64_t length), void *context)
{
    for (size_t i = 0; i < large.room; i++)
        if (large.table[i].at != NULL)
            visit(context, large.table[i].at, large.table[i].length);
}

void large_lock(void)
{
    os_lock_take(&large.lock);
}

void large_unlock(void)
{
    os_lock_give(&large.lock);
}

void large_reset_lock(void)
{
    os_lock_reset(&large.lock);
}

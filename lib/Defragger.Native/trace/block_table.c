/* See block_table.h. */
#include "block_table.h"

#include <stddef.h>
#include <sys/mman.h>

struct entry {
    uintptr_t block; /* 0 = empty */
    int32_t slot;
};

enum { FIRST_BITS = 16 };

static struct entry *entries;
static unsigned bits;
static size_t used;

static size_t capacity(void)
{
    return (size_t)1 << bits;
}

/* Fibonacci hashing: the high bits of a product depend on all bits of the address. */
static size_t home_of(uintptr_t block)
{
    return (size_t)((block * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

static size_t next(size_t at)
{
    return (at + 1) & (capacity() - 1);
}

/* Where a block is, or the empty place where it would be. */
static size_t place_of(uintptr_t block)
{
    size_t at = home_of(block);
    while (entries[at].block != 0 && entries[at].block != block)
        at = next(at);
    return at;
}

static bool grow(void)
{
    struct entry *old = entries;
    size_t old_capacity = old == NULL ? 0 : capacity();
    unsigned new_bits = old == NULL ? FIRST_BITS : bits + 1;
    void *room = mmap(NULL, sizeof(struct entry) << new_bits, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return false;
    entries = room;
    bits = new_bits;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].block != 0)
            entries[place_of(old[i].block)] = old[i];
    if (old != NULL)
        munmap(old, sizeof *old * old_capacity);
    return true;
}

bool block_add(const void *block, int32_t slot)
{
    if ((entries == NULL || used >= capacity() / 2) && !grow())
        return false;
    entries[place_of((uintptr_t)block)] = (struct entry){(uintptr_t)block, slot};
    used++;
    return true;
}

/* Whether an entry at `at` may move to the gap: its home must not lie behind the gap, seen from `at`. */
static bool may_move(size_t gap, size_t at)
{
    size_t mask = capacity() - 1;
    return ((at - home_of(entries[at].block)) & mask) >= ((at - gap) & mask);
}

int32_t block_remove(const void *block)
{
    if (entries == NULL)
        return -1;
    size_t gap = place_of((uintptr_t)block);
    if (entries[gap].block == 0)
        return -1;
    int32_t slot = entries[gap].slot;
    for (size_t at = next(gap); entries[at].block != 0; at = next(at)) {
        if (may_move(gap, at)) {
            entries[gap] = entries[at];
            gap = at;
        }
    }
    entries[gap] = (struct entry){0};
    used--;
    return slot;
}

/* See arena.h. */
#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static size_t whole_pages(uint64_t bytes)
{
    return (size_t)((bytes + DF_PAGE - 1) / DF_PAGE * DF_PAGE);
}

static bool agree(struct arena *arena, bool sense, const char *fault)
{
    if (!sense && arena->fault == NULL)
        arena->fault = fault;
    return sense;
}

static bool commit(void *context, uint64_t offset, uint64_t length)
{
    struct arena *arena = context;
    if (!agree(arena, offset == arena->committed, "a commit follows what is committed") ||
        !agree(arena, offset % DF_PAGE == 0, "a commit begins at a page") ||
        !agree(arena, length > 0 && length <= arena->capacity - offset, "a commit stays in the arena"))
        return false;
    arena->commits++;
    if (arena->refuse != 0 && arena->commits >= arena->refuse &&
        arena->commits - arena->refuse < arena->refuse_times)
        return false;
    arena->committed = offset + length;
    return mprotect(arena->base + offset, whole_pages(length), PROT_READ | PROT_WRITE) == 0;
}

static bool purge(void *context, uint64_t offset, uint64_t length)
{
    struct arena *arena = context;
    if (!agree(arena, offset % DF_PAGE == 0 && length % DF_PAGE == 0 && length > 0,
               "a purge is of whole pages") ||
        !agree(arena, offset + length <= arena->committed, "a purge is of committed pages") ||
        offset >= arena->locked)
        return false;
    if (!agree(arena, madvise(arena->base + offset, (size_t)length, MADV_DONTNEED) == 0, "madvise succeeds"))
        return false;
    arena->purged += length;
    return agree(arena, arena_is_zero(arena, offset, length), "purged pages read zero");
}

static void zero(void *context, uint64_t offset, uint64_t length)
{
    struct arena *arena = context;
    if (!agree(arena, length > 0 && offset + length <= arena->committed, "zeroes are for committed memory"))
        return;
    arena->zeroed += length;
    memset(arena->base + offset, 0, (size_t)length);
}

/* Nothing of what is mapped here is touched before it is used, so neither large arenas cost memory. */
static void *reserve(size_t bytes, int protection)
{
    void *memory = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return memory;
}

enum df_status arena_open(struct arena *arena, uint64_t capacity, uint64_t growth)
{
    struct df_heap_options options = {capacity, growth, {arena, commit, purge, zero}};
    arena->capacity = capacity;
    if (arena->locked == 0)
        arena->locked = UINT64_MAX;
    arena->metadata_size = df_heap_metadata_size(capacity);
    arena->base = reserve(whole_pages(capacity), PROT_NONE);
    arena->metadata = reserve(arena->metadata_size, PROT_READ | PROT_WRITE);
    arena->holds_size = df_heap_hold_size(capacity);
    arena->holds = reserve(arena->holds_size, PROT_READ | PROT_WRITE);
    enum df_status status = df_heap_open(arena->metadata, arena->metadata_size, &options, &arena->heap);
    return status == DF_OK ? df_heap_hold_memory(arena->heap, arena->holds, arena->holds_size) : status;
}

void arena_close(struct arena *arena)
{
    munmap(arena->base, whole_pages(arena->capacity));
    munmap(arena->metadata, arena->metadata_size);
    munmap(arena->holds, arena->holds_size);
    *arena = (struct arena){0};
}

void arena_refuse(struct arena *arena, uint64_t times)
{
    arena->refuse = arena->commits + 1;
    arena->refuse_times = times;
}

bool arena_is_zero(const struct arena *arena, uint64_t offset, uint64_t length)
{
    const unsigned char *bytes = arena->base + offset;
    /* All bytes are equal to the one before them, and the first is zero. */
    return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, (size_t)length - 1) == 0);
}

/* A picture of the heap as text; see defragger.h. Everybody waits for the locks until it is written. */
#include <errno.h>
#include <string.h>

#include "cache.h"
#include "defragger.h"
#include "large.h"
#include "start.h"
#include "text.h"

#include "../os/process.h"

/* Lines wait here for their system call: a heap may have millions of them. */
struct picture {
    int descriptor, error; /* the errno of the first write that failed; what follows is dropped */
    size_t length;
    char bytes[8192];
};

static void flush(struct picture *picture)
{
    if (picture->error == 0)
        picture->error = os_write(picture->descriptor, picture->bytes, picture->length);
    picture->length = 0;
}

static void add(struct picture *picture, const struct text *line)
{
    if (picture->length + line->length > sizeof picture->bytes)
        flush(picture);
    memcpy(picture->bytes + picture->length, line->bytes, line->length);
    picture->length += line->length;
}

/* A line of what it begins with and a length. */
static void add_line(struct picture *picture, struct text *line, uint64_t length)
{
    text_add(line, " ");
    text_number(line, length);
    text_add(line, "\n");
    add(picture, line);
}

static void add_item(struct picture *picture, const char *kind, uint64_t offset, uint64_t length)
{
    struct text line = {.length = 0};
    text_add(&line, kind);
    text_number(&line, offset);
    add_line(picture, &line, length);
}

static void add_mapped(struct picture *picture, const char *kind, const void *at, uint64_t length)
{
    struct text line = {.length = 0};
    text_add(&line, kind);
    text_address(&line, at);
    add_line(picture, &line, length);
}

static void add_arena(struct picture *picture, const struct arena *arena)
{
    struct df_item item = {0};
    add_mapped(picture, "arena ", arena->base, bytes_of(arena->heap->limit));
    for (uint64_t at = 0; picture->error == 0 && df_heap_walk(arena->heap, at, &item); at += item.length)
        add_item(picture, item.live ? "block " : "free ", item.offset, item.length);
    struct df_range range;
    for (uint64_t below = UINT64_MAX;
         picture->error == 0 && df_heap_purge_next(arena->heap, below, UINT64_MAX, &range);
         below = range.offset)
        add_item(picture, "dirty ", range.offset, range.length);
}

static void add_large(void *picture, const void *block, uint64_t length)
{
    add_mapped(picture, "large ", block, length);
}

int df_malloc_snapshot(int fd)
{
    struct picture picture = {.descriptor = fd};
    struct text end = {.length = 0};
    int error = errno;
    if (!start())
        return ENOMEM;
    caches_close();
    arenas_lock();
    large_lock();
    for (uint32_t i = 0; i < arena_count(); i++)
        add_arena(&picture, &arenas[i]);
    large_walk(add_large, &picture);
    large_unlock();
    arenas_unlock();
    caches_open();
    text_add(&end, "end\n");
    add(&picture, &end);
    flush(&picture);
    errno = error;
    return picture.error;
}

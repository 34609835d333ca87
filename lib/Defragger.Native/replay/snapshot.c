/* See snapshot.h. The lines are those of df_malloc_snapshot (defragger.h), and a block's has its age as a
 * third number: operations since it was allocated. */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"

enum { BORN_UNIT = 1000 };

struct born {
    uint32_t at, born;
};

static int by_place(const void *one, const void *other)
{
    uint32_t a = ((const struct born *)one)->at, b = ((const struct born *)other)->at;
    return (a > b) - (a < b);
}

/* When the blocks of the core were born, by place. */
static struct born *births(const struct replay *replay, size_t *count)
{
    struct born *all = malloc((replay->blocks.count + 1) * sizeof *all);
    if (all == NULL)
        fail(FAULT_IN_INPUT, "there is no memory for a snapshot of %zu blocks", replay->blocks.count);
    size_t places = replay->blocks.places == NULL ? 0 : (size_t)1 << replay->blocks.bits;
    *count = 0;
    for (size_t i = 0; i < places; i++) {
        const struct block *block = &replay->blocks.places[i];
        if (block->key != 0 && !block->is_mapping)
            all[(*count)++] = (struct born){block->at[0], block->born};
    }
    qsort(all, *count, sizeof *all, by_place);
    return all;
}

static void write_arena(FILE *file, const struct replay *replay, const struct born *born, size_t count)
{
    const struct df_heap *heap = policy_core_heap(replay->tracks[0].state);
    struct df_item item;
    struct df_statistics now;
    uint64_t age = 0;
    size_t next = 0;
    df_heap_statistics(heap, &now);
    fprintf(file, "arena 0x0 %" PRIu64 "\n", now.committed);
    for (uint64_t at = 0; df_heap_walk(heap, at, &item); at += item.length) {
        if (!item.live) {
            fprintf(file, "free %" PRIu64 " %" PRIu64 "\n", item.offset, item.length);
            continue;
        }
        while (next < count && (uint64_t)born[next].at * GRANULE < item.offset)
            next++;
        /* A block between the two events of its resize has no entry: it is as old as the one before. */
        if (next < count && (uint64_t)born[next].at * GRANULE == item.offset)
            age = replay->operations - (uint64_t)born[next].born * BORN_UNIT;
        fprintf(file, "block %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", item.offset, item.length, age);
    }
}

static void write_mappings(FILE *file, const struct replay *replay)
{
    size_t places = replay->blocks.places == NULL ? 0 : (size_t)1 << replay->blocks.bits;
    for (size_t i = 0; i < places; i++)
        if (replay->blocks.places[i].key != 0 && replay->blocks.places[i].is_mapping)
            fprintf(file, "large 0x0 %" PRIu64 "\n", replay->blocks.places[i].size);
}

static void snapshot_take(const char *prefix, uint32_t number, const struct replay *replay)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s%04" PRIu32, prefix, number) >= sizeof path)
        fail(FAULT_IN_INPUT, "the name of a snapshot is too long: '%s'", prefix);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (file == NULL)
        fail(FAULT_IN_INPUT, "'%s' cannot be made: %s", path, strerror(errno));
    size_t count;
    struct born *born = births(replay, &count);
    write_arena(file, replay, born, count);
    write_mappings(file, replay);
    fputs("end\n", file);
    free(born);
    if (fclose(file) != 0)
        fail(FAULT_IN_INPUT, "'%s' cannot be written: %s", path, strerror(errno));
}

void snapshot_if_due(struct snapshots *snapshots, const struct replay *replay)
{
    snapshots->seen++;
    if (snapshots->seen * snapshots->count >= snapshots->events * (snapshots->taken + 1))
        snapshot_take(snapshots->prefix, ++snapshots->taken, replay);
}

/*
 * What an allocator holds for what lives, under whatever malloc the process has. ./defrag bench malloc runs
 * it.
 *
 *   bench-malloc-memory NAME
 *
 *   freeall  256 MiB of blocks of 16 to 2,047 bytes, mostly small; all are released
 *   free90   256 MiB; 90 % are released at random; filled up to 256 MiB with another mix of sizes, 90 % of
 * all that lives released at random, and so once more free99   the same with 99 % phases   eight times 80
 * MiB, of another mix each time; 1 % of each stays for good
 *
 * Then it calls nothing for two seconds, and then the allocator's own trim. It prints lines of "KEY BYTES":
 *   live        asked for and not released, at the end
 *   peak        held when most was allocated: the largest of the readings before each release
 *   freed, idle, trimmed      held after the last release, after two seconds, after the trim
 *   idle-rss    resident after two seconds
 *   most-rss    the highest resident size ever (VmHWM)
 * Everything but live is the whole process without the tables of this program, whose pages are all there from
 * the start. gauge.h tells what "held" is.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "draw.h"
#include "gauge.h"

enum { SLOTS = 2 << 20, MIXES = 3, MIB = 1 << 20 };

struct table {
    char *blocks[SLOTS];
    uint16_t sizes[SLOTS];
};

/* Means of 270, 430 and 290 bytes: the second leaves holes that the third cannot fill one by one. */
static const struct size_mix mixes[MIXES] = {
    {16, {18, 20, 18, 16, 13, 10, 5}},
    {16, {8, 10, 14, 18, 22, 18, 10}},
    {16, {20, 14, 22, 12, 14, 13, 5}},
};

static struct table *table; /* no block of the allocator that is measured */
static uint64_t state = 1, live, peak;

static struct gauge read_heap(void)
{
    struct gauge gauge = gauge_read();
    gauge.held -= sizeof *table;
    gauge.resident -= sizeof *table;
    return gauge;
}

/* Fills empty slots until `bytes` live. */
static void fill(const struct size_mix *mix, uint64_t bytes)
{
    for (uint32_t slot = 0; live < bytes; slot++) {
        if (slot == SLOTS) {
            fputs("memory: the table is full\n", stderr);
            exit(1);
        }
        if (table->blocks[slot] != NULL)
            continue;
        uint32_t size = draw_size(&state, mix);
        table->blocks[slot] = malloc(size);
        table->sizes[slot] = (uint16_t)size;
        touch_ends(table->blocks[slot], size);
        live += size;
    }
    uint64_t held = read_heap().held;
    if (held > peak)
        peak = held;
}

/* Releases `percent` of the blocks from slot `from` on, at random; the slots with the rest are the first
 * then, if `packed`. Returns the first slot after those. */
static uint32_t release(uint32_t from, uint32_t percent, int packed)
{
    uint32_t kept = from;
    for (uint32_t slot = from; slot < SLOTS; slot++) {
        if (table->blocks[slot] == NULL)
            continue;
        if (draw_below(&state, 100) < percent) {
            free(table->blocks[slot]);
            table->blocks[slot] = NULL;
            live -= table->sizes[slot];
        } else if (packed) {
            char *block = table->blocks[slot];
            table->blocks[slot] = NULL;
            table->blocks[kept] = block;
            table->sizes[kept++] = table->sizes[slot];
        }
    }
    return kept;
}

static void sparse(uint32_t percent)
{
    for (int round = 0; round < MIXES; round++) {
        fill(&mixes[round], 256 * MIB);
        release(0, percent, 0);
    }
}

static void phases(void)
{
    uint32_t kept = 0;
    for (int phase = 0; phase < 8; phase++) {
        fill(&mixes[phase % MIXES], live + 80 * MIB);
        kept = release(kept, 99, 1);
    }
}

static void print(const char *key, uint64_t bytes)
{
    char line[64];
    int length = snprintf(line, sizeof line, "%s %" PRIu64 "\n", key, bytes);
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        exit(1);
}

int main(int argc, char **argv)
{
    table =
        mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (table == MAP_FAILED) {
        perror("memory: mmap");
        return 1;
    }
    const char *name = argc == 2 ? argv[1] : "";
    if (strcmp(name, "freeall") == 0) {
        fill(&mixes[0], 256 * MIB);
        release(0, 100, 0);
    } else if (strcmp(name, "free90") == 0) {
        sparse(90);
    } else if (strcmp(name, "free99") == 0) {
        sparse(99);
    } else if (strcmp(name, "phases") == 0) {
        phases();
    } else {
        fputs("usage: bench-malloc-memory freeall|free90|free99|phases\n", stderr);
        return 2;
    }

    uint64_t most = gauge_most_resident() - sizeof *table;
    uint64_t freed = read_heap().held;
    sleep(2);
    struct gauge idle = read_heap();
    gauge_trim();
    uint64_t trimmed = read_heap().held;
    print("live", live);
    print("peak", peak);
    print("freed", freed);
    print("idle", idle.held);
    print("trimmed", trimmed);
    print("idle-rss", idle.resident);
    print("most-rss", most);
    return 0;
}

/*
 * Bytes as operations on a heap, each compared with a naive second opinion, and followed by df_heap_check (in
 * large arenas, every eighth).
 *
 * Every input is valid. Two bytes choose the arena, one the growth; then operations follow until the bytes
 * end:
 *
 *   byte 0      bits 0-2: what (below); bits 3-7: slot
 *   byte 1      size (size_of), where one is needed
 *   byte 2      alignment: 16 << byte % 12; with ALLOCATE_ALIGNED only
 *
 * and of OTHER, by slot:
 *
 *   0 .. 3      commit refuses the next calls: slot of them
 *   4 .. 15     allocates a batch: byte 1 size, byte 2 slot (bits 0-4) and how many (bits 5-7, slot above)
 *   16          allocates the victim's front: byte 1 slot, byte 2 size: the most
 *   17          splits a block: byte 1 slot, byte 2 the other slot, byte 3 size
 *   18 .. 29    releases a batch: byte 1 slot and how many likewise
 *   30          the next purge fails above the middle of what is committed
 *   31          byte 1: 0: a range of the purge plan is carried out by hand; below 192: that page is held;
 *               else it is restored
 *
 * With -fsanitize=fuzzer a libFuzzer target (run.sh); with fuzz_main.c a program that runs files of inputs.
 * On a failure the operations are printed as a trace (but for mistaken offsets, which change nothing), and it
 * aborts.
 */
#include "fuzz_main.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { OPERATIONS_MOST = 4096 };

enum what {
    ALLOCATE,
    ALLOCATE_ALIGNED,
    ALLOCATE_ZEROED,
    RELEASE,
    RESIZE,
    PURGE,
    MISTAKE, /* an offset that no block has */
    OTHER,
};

struct run run;
bool fuzz_prints;

static unsigned char *metadata, *hold_memory;
static const uint8_t *input;
static size_t input_size;

/* --- Failing --- */

static void play(FILE *log);

_Noreturn void fail(const char *file, int line, const char *text)
{
    static bool failing;
    if (!failing) { /* the second time it ends here too, with the trace told */
        failing = true;
        play(stderr);
    }
    int broken = run.heap != NULL ? df_heap_check(run.heap) : 0;
    fprintf(stderr, "%s:%d: %s does not hold\n", file, line, text);
    fprintf(stderr, "rule %d: %s\n", broken, df_heap_rule(broken));
    abort();
}

/* --- Bytes --- */

static uint8_t next(size_t *at)
{
    return *at < input_size ? input[(*at)++] : 0;
}

static uint64_t capacity_of(uint8_t kind, uint8_t number)
{
    switch (kind % 8) {
    case 0: /* from a granule up */
        return (uint64_t)(number + 1) * DF_GRANULE;
    case 1: /* around whole chunks */
        return (uint64_t)(number % 4 + 1) * CHUNK + (uint64_t)(number / 4 % 3) * DF_GRANULE;
    case 2:
        return (uint64_t)(number % 8 + 1) * DF_PAGE;
    case 3: /* two levels */
        return CAPACITY_MOST - (uint64_t)(number % 16) * 3 * DF_PAGE - (uint64_t)(number / 16) * DF_GRANULE;
    default:
        return (uint64_t)(number % 6 + 1) * CHUNK;
    }
}

/* Every short length in granules, then steps up to the whole arena and beyond. */
static uint64_t size_of(uint8_t byte)
{
    if (byte < 80)
        return byte == 0 ? 0 : (uint64_t)byte * DF_GRANULE - byte % 3u;
    if (byte < 160)
        return (uint64_t)(byte - 79) * 512 - byte % 2;
    if (byte < 240)
        return (uint64_t)(byte - 159) * CHUNK - (byte % 2 ? 0 : DF_GRANULE);
    return byte < 248 ? run.capacity - (uint64_t)(byte - 240) * DF_GRANULE % run.capacity
                      : DF_CAPACITY_MAX - 3 + (byte - 248);
}

/* --- A run --- */

static void run_open(size_t *at)
{
    uint8_t kind = next(at), number = next(at), growth = next(at);
    run.capacity = capacity_of(kind, number);
    run.growth = growth % 4 == 0 ? 0 : growth % 4 == 1 ? 1 : (uint64_t)growth * 700;
    if (run.log != NULL)
        fprintf(run.log, "h %" PRIu64, run.capacity);
    if (run.log != NULL && run.growth > 0)
        fprintf(run.log, " %" PRIu64, run.growth);
    if (run.log != NULL)
        fprintf(run.log, "\n");
    struct df_heap_options options = {run.capacity, run.growth, {NULL, commit, purge, zero}};
    size_t size = df_heap_metadata_size(run.capacity);
    memset(metadata, 0, size);
    REQUIRE(df_heap_open(metadata, size, &options, &run.heap) == DF_OK);
    size = df_heap_hold_size(run.capacity);
    memset(hold_memory, 0, size);
    REQUIRE(df_heap_hold_memory(run.heap, hold_memory, size) == DF_OK);
}

/* A batch is of slots from one on, up to the last. */
static int count_of(int slot, int byte, int what)
{
    int count = (byte >> 5) + 8 * (what % 4) + 1;
    return count < SLOTS - slot ? count : SLOTS - slot;
}

static void other(int what, size_t *at)
{
    uint64_t size;
    int byte;
    if (what < 4) {
        if (run.log != NULL)
            fprintf(run.log, "c %d\n", what);
        run.refusals = (unsigned)what;
    } else if (what == 16) {
        byte = next(at);
        allocate_victim(byte % SLOTS, size_of(next(at)));
    } else if (what == 17) {
        byte = next(at);
        int rest = next(at);
        split(byte % SLOTS, rest % SLOTS, size_of(next(at)));
    } else if (what < 16) {
        size = size_of(next(at));
        byte = next(at);
        allocate_many(byte % SLOTS, size, count_of(byte % SLOTS, byte, what));
    } else if (what < 30) {
        byte = next(at);
        release_many(byte % SLOTS, count_of(byte % SLOTS, byte, what));
    } else if (what == 30) {
        run.locked = run.committed / 2;
    } else {
        byte = next(at);
        uint64_t page = (uint64_t)byte % (run.capacity / DF_PAGE + 1) % PAGES_MOST;
        if (byte == 0)
            purge_by_hand();
        else if (byte < 192)
            hold(page);
        else
            restore(page);
    }
}

static void step(size_t *at)
{
    uint8_t byte = next(at);
    int slot = byte >> 3;
    uint64_t alignment = DF_GRANULE, size;
    switch ((enum what)(byte & 7)) {
    case ALLOCATE:
    case ALLOCATE_ZEROED:
        allocate(slot, size_of(next(at)), alignment, (byte & 7) == ALLOCATE_ZEROED);
        break;
    case ALLOCATE_ALIGNED:
        size = size_of(next(at));
        alignment <<= next(at) % 12;
        allocate(slot, size, alignment, false);
        break;
    case RELEASE:
        release(slot);
        break;
    case RESIZE:
        resize(slot, size_of(next(at)));
        break;
    case PURGE:
        purge_some(slot == 0 ? UINT64_MAX : (uint64_t)slot * DF_PAGE - 1 + (uint64_t)slot % 2);
        break;
    case MISTAKE:
        size = size_of(next(at));
        mistake(run.blocks[slot].offset + size + (size % 7 == 0));
        break;
    case OTHER:
        other(slot, at);
        break;
    }
}

static void play(FILE *log)
{
    size_t at = 0;
    memset(&run, 0, sizeof run);
    run.log = log;
    run.locked = UINT64_MAX;
    run_open(&at);
    /* To look at all of a large arena takes a millisecond. A failure is looked for again with every step. */
    int pace = run.capacity > 16 * CHUNK && log == NULL ? 8 : 1;
    for (int count = 0; at < input_size && count < OPERATIONS_MOST; count++) {
        run.refused = false;
        run.purged = 0;
        step(&at);
        if (count % pace == 0 || at >= input_size) {
            REQUIRE(df_heap_check(run.heap) == 0);
            statistics_are_true();
            index_is_true();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (metadata == NULL) {
        metadata = aligned_alloc(64, (df_heap_metadata_size(CAPACITY_MOST) + 63) / 64 * 64);
        hold_memory = aligned_alloc(64, (df_heap_hold_size(CAPACITY_MOST) + 63) / 64 * 64);
    }
    if (metadata == NULL || hold_memory == NULL)
        abort();
    input = data;
    input_size = size;
    play(fuzz_prints ? stdout : NULL);
    return 0;
}

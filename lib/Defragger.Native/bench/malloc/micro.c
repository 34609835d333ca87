/*
 * What single patterns of allocation cost, under whatever malloc the process has. ./defrag bench malloc runs
 * it.
 *
 *   bench-malloc-micro NAME [PERCENT]      PERCENT of the usual work, for a quick look
 *
 *   lifo     thousands of small blocks, released in reverse order
 *   fifo     a queue of small blocks: the oldest is released, a new one allocated
 *   random   100,000 small blocks: a random one is released, another allocated
 *   calloc   the same with 4,096 zeroed blocks of up to 16 KiB
 *   larson   threads replace blocks of a table that all share      (threads.c)
 *   xmalloc  threads that allocate and threads that release        (threads.c)
 *   realloc  sixteen buffers that take turns in growing by an eighth, as lists do, up to 4 MiB
 *   append   one such buffer, and nothing else is allocated: glibc only moves the end of its heap
 *   large    48 blocks of 4 KiB to 2 MiB: a random one is released, another allocated and filled
 *
 * It measures nothing itself: the runner takes the processor time of the whole process. Numbers come from a
 * fixed seed, sizes are drawn before they are needed, and every block's first and last byte is written.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "threads.h"

enum { DRAWS = 64 * 1024 };

static uint32_t sizes[DRAWS]; /* of the pattern that runs; gone through in circles */

static void sizes_draw(const struct size_mix *mix)
{
    uint64_t state = 1;
    for (int i = 0; i < DRAWS; i++)
        sizes[i] = draw_size(&state, mix);
}

static inline uint32_t size_at(unsigned number)
{
    return sizes[number % DRAWS];
}

static inline char *allocate(unsigned number)
{
    uint32_t size = size_at(number);
    char *block = malloc(size);
    touch_ends(block, size);
    return block;
}

static const struct size_mix small = {16, {30, 25, 20, 15, 10}}; /* 16 to 511 bytes */

static void lifo(unsigned percent)
{
    enum { BLOCKS = 4096, BATCHES = 3600 };
    static char *blocks[BLOCKS];
    sizes_draw(&small);
    for (unsigned batch = 0; batch < BATCHES * percent / 100; batch++) {
        for (unsigned i = 0; i < BLOCKS; i++)
            blocks[i] = allocate(batch * BLOCKS + i);
        for (unsigned i = BLOCKS; i-- > 0;)
            free(blocks[i]);
    }
}

static void fifo(unsigned percent)
{
    enum { BLOCKS = 8192, STEPS = 24 * 1000 * 1000 };
    static char *blocks[BLOCKS];
    sizes_draw(&small);
    for (unsigned i = 0; i < STEPS / 100 * percent; i++) {
        free(blocks[i % BLOCKS]);
        blocks[i % BLOCKS] = allocate(i);
    }
}

static void random_order(unsigned percent)
{
    enum { BLOCKS = 100 * 1000, STEPS = 8 * 1000 * 1000 };
    static const struct size_mix skewed = {16, {36, 28, 18, 10, 5, 3}}; /* 16 to 1023 bytes */
    static char *blocks[BLOCKS];
    uint64_t state = 2;
    sizes_draw(&skewed);
    for (unsigned i = 0; i < STEPS / 100 * percent; i++) {
        uint32_t slot = draw_below(&state, BLOCKS);
        free(blocks[slot]);
        blocks[slot] = allocate(i);
    }
}

static void zeroed(unsigned percent)
{
    enum { BLOCKS = 4096, STEPS = 5 * 1000 * 1000 };
    static const struct size_mix mix = {16, {25, 22, 18, 12, 8, 6, 4, 3, 1, 1}}; /* 16 to 16383 bytes */
    static char *blocks[BLOCKS];
    uint64_t state = 2;
    sizes_draw(&mix);
    for (unsigned i = 0; i < STEPS / 100 * percent; i++) {
        uint32_t slot = draw_below(&state, BLOCKS), size = size_at(i);
        free(blocks[slot]);
        blocks[slot] = calloc(1, size);
        touch_ends(blocks[slot], size);
    }
}

/* Buffers that take turns in growing by an eighth, from 64 bytes to 4 MiB; what is new of each is filled. */
static void grow(int buffers, unsigned times)
{
    enum { MOST_BUFFERS = 16, FIRST = 64, MOST = 4 << 20 };
    char *grown[MOST_BUFFERS];
    for (unsigned time = 0; time < times; time++) {
        memset(grown, 0, sizeof grown);
        for (size_t size = FIRST, before = 0; size <= MOST; before = size, size += size / 8) {
            for (int i = 0; i < buffers; i++) {
                grown[i] = realloc(grown[i], size);
                touch_pages(grown[i], before, size);
            }
        }
        for (int i = 0; i < buffers; i++)
            free(grown[i]);
    }
}

static void growing(unsigned percent)
{
    grow(16, 10 * percent / 100);
}

static void growing_alone(unsigned percent)
{
    grow(1, 4000 * percent / 100);
}

static void large(unsigned percent)
{
    enum { BLOCKS = 48, STEPS = 60 * 1000 };
    static const struct size_mix mix = {4096, {14, 14, 12, 12, 12, 12, 12, 8, 4}}; /* 4 KiB to 2 MiB */
    static char *blocks[BLOCKS];
    uint64_t state = 2;
    sizes_draw(&mix);
    for (unsigned i = 0; i < STEPS / 100 * percent; i++) {
        uint32_t slot = draw_below(&state, BLOCKS), size = size_at(i);
        free(blocks[slot]);
        blocks[slot] = malloc(size);
        touch_pages(blocks[slot], 0, size);
    }
}

static const struct {
    const char *name;
    void (*run)(unsigned percent);
} patterns[] = {
    {"lifo", lifo},     {"fifo", fifo},       {"random", random_order}, {"calloc", zeroed},
    {"larson", larson}, {"xmalloc", xmalloc}, {"realloc", growing},     {"append", growing_alone},
    {"large", large},
};

int main(int argc, char **argv)
{
    unsigned percent = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
    for (size_t i = 0; argc > 1 && i < sizeof patterns / sizeof *patterns; i++) {
        if (strcmp(argv[1], patterns[i].name) == 0) {
            patterns[i].run(percent);
            return 0;
        }
    }
    fputs("usage: bench-malloc-micro lifo|fifo|random|calloc|larson|xmalloc|realloc|large [PERCENT]\n",
          stderr);
    return 2;
}

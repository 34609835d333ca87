/*
 * realloc keeps what was there: between all pairs of a table of sizes, in steps, and with large blocks that
 * lie in mappings of their own.
 */
#include <malloc.h>
#include <stdlib.h>

#include "../check.h"
#include "support.h"

static const size_t sizes[] = {
    0,         1,         8,          15,   16,      17,       24,       32,       33,     48,
    64,        100,       128,        200,  256,     400,      512,      1000,     1024,   2000,
    2048,      4095,      4096,       4097, 8192,    16 * KIB, 32 * KIB, 64 * KIB, 100000, 128 * KIB,
    256 * KIB, 512 * KIB, MIB - 4096, MIB,  2 * MIB, 4 * MIB,  5000000,  8 * MIB};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void test_pairs(void)
{
    for (size_t from = 0; from < COUNT_OF(sizes); from++)
        for (size_t to = 1; to < COUNT_OF(sizes); to++) {
            void *block = malloc(sizes[from]);
            DEMAND(block != NULL);
            pattern_fill(block, sizes[from], from);
            void *moved = realloc(opaque(block), sizes[to]);
            if (!CHECK(moved != NULL))
                continue;
            CHECK(is_aligned(moved, sizes[to]) && malloc_usable_size(moved) >= sizes[to]);
            CHECK(pattern_holds(moved, smaller(sizes[from], sizes[to]), from));
            pattern_fill(moved, sizes[to], to);
            CHECK(pattern_holds(moved, sizes[to], to));
            free(moved);
        }
}

/* The usable bytes belong to the program: they move along as well. */
static void test_usable_bytes_move_too(void)
{
    for (size_t from = 0; from < COUNT_OF(sizes); from++) {
        void *block = malloc(sizes[from]);
        DEMAND(block != NULL);
        size_t usable = malloc_usable_size(block);
        pattern_fill(opaque(block), usable, 9);
        block = realloc(opaque(block), usable * 2 + 1);
        CHECK(block != NULL && pattern_holds(block, usable, 9));
        free(block);
    }
}

/* A text that grows by a bit each time, as programs do, with other blocks in the way. */
static void test_growth_in_steps(void)
{
    char *text = NULL;
    void *others[64] = {0};
    size_t length = 0;
    for (unsigned step = 0; length < 12 * MIB; step++) {
        size_t next = length + length / 16 + 24;
        text = realloc(text, next);
        DEMAND(text != NULL && pattern_holds(text, length, 4));
        pattern_fill(text, next, 4);
        length = next;
        free(others[step % 64]);
        others[step % 64] = malloc(length / 8);
    }
    while (length > 10) {
        length -= length / 8 + 1;
        text = realloc(text, length);
        DEMAND(text != NULL && pattern_holds(text, length, 4));
    }
    free(text);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        free(others[i]);
}

/* Up and down across the border between arena and mapping, several at once. */
static void test_large_at_once(void)
{
    enum { BLOCKS = 6, MARKS = 512 };
    unsigned char *blocks[BLOCKS] = {0};
    size_t lengths[BLOCKS] = {0};
    struct random random = {11};
    for (unsigned step = 0; step < 300; step++) {
        unsigned at = random_below(&random, BLOCKS);
        size_t next = random_below(&random, 12 * MIB) + 1;
        blocks[at] = realloc(blocks[at], next);
        DEMAND(blocks[at] != NULL);
        for (size_t i = 0; i < smaller(lengths[at], next); i += MARKS)
            DEMAND(blocks[at][i] == at);
        for (size_t i = 0; i < next; i += MARKS)
            blocks[at][i] = (unsigned char)at;
        lengths[at] = next;
        if (step % 37 == 0) {
            free(blocks[at]);
            blocks[at] = NULL;
            lengths[at] = 0;
        }
    }
    for (unsigned at = 0; at < BLOCKS; at++)
        free(blocks[at]);
}

int main(void)
{
    test_pairs();
    test_usable_bytes_move_too();
    test_growth_in_steps();
    test_large_at_once();
    return check_end();
}

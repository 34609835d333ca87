/*
 * DEFRAGGER_HARDENED=1: what lies around a large block cannot be touched, freed memory reads as zeros, and
 * addresses are not in a row. Each case in a process of its own.
 */
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "support.h"

static const size_t large_sizes[] = {20 * MIB, 20 * MIB + 1, 33 * MIB - 16};

static volatile unsigned char *take_large(size_t index)
{
    unsigned char *block = malloc(large_sizes[index]);
    DEMAND(block != NULL);
    memset(block, 1, malloc_usable_size(block));
    return opaque(block);
}

static void write_behind(size_t index)
{
    volatile unsigned char *block = take_large(index);
    size_t usable = malloc_usable_size((void *)(uintptr_t)block);
    for (size_t i = usable; i < usable + 4096; i++)
        block[i] = 1;
}

static void write_before(size_t index)
{
    volatile unsigned char *block = take_large(index);
    for (size_t i = 1; i <= 4096; i++)
        block[-(ptrdiff_t)i] = 1;
}

static void write_behind_grown(size_t index)
{
    volatile unsigned char *block = realloc(opaque(malloc(9 * MIB)), large_sizes[index]);
    DEMAND(block != NULL);
    size_t usable = malloc_usable_size((void *)(uintptr_t)block);
    for (size_t i = usable; i < usable + 4096; i++)
        block[i] = 1;
}

static void expect_fault(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(large_sizes); i++) {
        struct outcome outcome;
        char index[] = {(char)('0' + i), '\0'};
        run_self(name, index, NULL, &outcome);
        CHECK(killed_by(outcome.status, SIGSEGV));
    }
}

/* The first bytes may link the block in a list. A block is small enough to stay in reach of the program. */
static void test_freed_memory_is_zero(void)
{
    for (size_t size = 64; size <= 8192; size *= 2) {
        volatile unsigned char *blocks[8];
        size_t left = 0;
        for (size_t i = 0; i < COUNT_OF(blocks); i++) {
            blocks[i] = malloc(size);
            DEMAND(blocks[i] != NULL);
            memset((void *)(uintptr_t)blocks[i], 0xAA, size);
        }
        for (size_t i = 0; i < COUNT_OF(blocks); i++)
            free((void *)(uintptr_t)blocks[i]);
        for (size_t i = 0; i < COUNT_OF(blocks); i++)
            for (size_t at = 32; at < size; at++)
                left += blocks[i][at] == 0xAA;
        CHECK(left == 0);
    }
}

static void test_addresses_are_shuffled(void)
{
    enum { BLOCKS = 64 };
    uintptr_t addresses[BLOCKS];
    unsigned in_a_row = 0;
    for (size_t i = 0; i < BLOCKS; i++)
        addresses[i] = (uintptr_t)malloc(48);
    for (size_t i = 2; i < BLOCKS; i++)
        in_a_row += addresses[i] - addresses[i - 1] == addresses[i - 1] - addresses[i - 2];
    CHECK(in_a_row < BLOCKS / 2);
    for (size_t i = 0; i < BLOCKS; i++)
        free(opaque((void *)addresses[i]));
}

/* Zeros on free are no reason to take memory for what the program never touched. */
static void test_untouched_stays_untouched(void)
{
    enum { BLOCKS = 60 };
    char *blocks[BLOCKS];
    uint64_t before = memory_pss();
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(900 * KIB);
        DEMAND(blocks[i] != NULL);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    CHECK(memory_pss() < before + 8 * MIB);
}

static void test_freed_long_block_is_zero(void)
{
    for (size_t size = 60 * KIB; size < 600 * KIB; size += 33 * KIB + 16) {
        char *lower = malloc(48), *block = malloc(size), *upper = malloc(48);
        DEMAND(block != NULL && lower != NULL && upper != NULL);
        memset(lower, 1, 48);
        memset(upper, 1, 48);
        memset(block, 0xAA, malloc_usable_size(block));
        volatile unsigned char *freed = opaque(block);
        free(block);
        size_t left = 0;
        for (size_t at = 0; at < size; at++)
            left += freed[at] == 0xAA;
        CHECK(left == 0);
        CHECK(all_bytes(lower, 48, 1) && all_bytes(upper, 48, 1));
        free(lower);
        free(upper);
    }
}

static int run_case(const char *name, size_t index)
{
    if (strcmp(name, "behind") == 0)
        write_behind(index);
    else if (strcmp(name, "before") == 0)
        write_before(index);
    else if (strcmp(name, "grown") == 0)
        write_behind_grown(index);
    test_freed_memory_is_zero();
    test_freed_long_block_is_zero();
    test_untouched_stays_untouched();
    test_addresses_are_shuffled();
    return check_end();
}

int main(int count, char **arguments)
{
    static struct outcome outcome;
    guard_seconds(60);
    if (!ours()) {
        printf("skipped: only libdefragger has this setting\n");
        return SKIPPED;
    }
    if (count == 3)
        return run_case(arguments[1], (size_t)(arguments[2][0] - '0'));
    setenv("DEFRAGGER_HARDENED", "1", 1);
    expect_fault("behind");
    expect_fault("before");
    expect_fault("grown");
    run_self("inside", "0", NULL, &outcome);
    printf("%s%s", outcome.out, outcome.err);
    CHECK(exited_with(outcome.status, 0));
    return check_end();
}

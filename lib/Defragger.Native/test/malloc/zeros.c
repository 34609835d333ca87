/*
 * calloc reads as zeros over whatever lay there: memory freed a moment ago, memory given back to the system,
 * and memory that could not be given back because it is locked.
 *
 *   defrag-malloc-zeros            in the usual way
 *   defrag-malloc-zeros locked     under mlockall, where purging fails
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../check.h"
#include "support.h"

static const size_t sizes[] = {1,      16,     17,   40,      64,      100,     200,     500,
                               1000,   2048,   4096, 5000,    8192,    12288,   40000,   65536,
                               131072, 262144, MIB,  2 * MIB, 4 * MIB, 5000000, 8 * MIB, 32 * MIB};

/* So many that a cache overflows, and no more than some MiB. */
static size_t count_for(size_t size)
{
    enum { MOST = 400 };
    size_t count = 8 * MIB / size;
    return count > MOST ? MOST : count < 2 ? 2 : count;
}

static void *blocks[400];

static void dirty(size_t size)
{
    size_t count = count_for(size);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        DEMAND(blocks[i] != NULL);
        memset(opaque(blocks[i]), 0xA5, malloc_usable_size(blocks[i]));
    }
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
}

static void clean(size_t size)
{
    size_t count = count_for(size);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = i % 2 == 0 ? calloc(1, size) : calloc(size, 1);
        if (CHECK(blocks[i] != NULL))
            CHECK(all_bytes(blocks[i], size, 0));
    }
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
}

static void test_at_once(void)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        dirty(sizes[i]);
        clean(sizes[i]);
    }
}

/* What was freed as one size comes back as others. */
static void test_other_sizes(void)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        dirty(sizes[i]);
        for (size_t j = i > 5 ? i - 5 : 0; j < COUNT_OF(sizes) && j < i + 2; j++)
            clean(sizes[j]);
    }
}

static void test_after_trim(void)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        dirty(sizes[i]);
        malloc_trim(0);
        clean(sizes[i]);
        dirty(sizes[i]);
        void *pin = malloc(100); /* a page that stays between two that go */
        malloc_trim(0);
        clean(sizes[i]);
        free(pin);
    }
}

/* Given back in the background, while others ask for zeros. */
static void test_while_decaying(void)
{
    for (unsigned round = 0; round < 30; round++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i += 3)
            dirty(sizes[(i + round) % (COUNT_OF(sizes) - 2)]);
        sleep_ms(round * 4 % 60);
        for (size_t i = 0; i < COUNT_OF(sizes); i += 3)
            clean(sizes[(i + round + 1) % (COUNT_OF(sizes) - 2)]);
    }
    sleep_ms(1200);
    test_other_sizes();
}

/* Blocks that grew by realloc leave dirty bytes behind their old end and in their old place. */
static void test_after_realloc(void)
{
    for (size_t i = 0; i + 2 < COUNT_OF(sizes); i++) {
        void *block = malloc(sizes[i + 2]);
        DEMAND(block != NULL);
        memset(opaque(block), 0xA5, malloc_usable_size(block));
        block = realloc(opaque(block), sizes[i]);
        clean(sizes[i + 1]);
        block = realloc(opaque(block), sizes[i + 2]);
        DEMAND(block != NULL);
        memset(opaque(block), 0xA5, sizes[i + 2]);
        clean(sizes[i]);
        free(block);
        clean(sizes[i + 2]);
    }
}

static int test_all(void)
{
    test_at_once();
    test_other_sizes();
    test_after_trim();
    test_after_realloc();
    test_while_decaying();
    return check_end();
}

int main(int count, char **arguments)
{
    if (count > 1 && strcmp(arguments[1], "locked") == 0 && mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
        printf("skipped: mlockall is not allowed (%s)\n", strerror(errno));
        return SKIPPED;
    }
    return test_all();
}

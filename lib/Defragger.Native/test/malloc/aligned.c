/*
 * Aligned blocks: every power of two up to 16 MiB, alone and many at once, resized and freed like any other;
 * and alignments that are none.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "support.h"

enum { BLOCKS = 64 };
static const size_t sizes[] = {0, 1, 16, 100, 1000, 4096, 5000, 70000, 1100000, 5000000};

static bool fits(const void *block, size_t alignment, size_t size)
{
    return (uintptr_t)block % alignment == 0 && malloc_usable_size((void *)(uintptr_t)block) >= size;
}

static void *take(size_t alignment, size_t size, unsigned way)
{
    void *block = NULL;
    if (way % 3 == 0 && alignment >= sizeof(void *))
        CHECK(posix_memalign(&block, alignment, size) == 0);
    else if (way % 3 == 1)
        block = aligned_alloc(alignment, size);
    else
        block = memalign(alignment, size);
    return block;
}

static void test_one_at_a_time(void)
{
    for (size_t alignment = 1; alignment <= 16 * MIB; alignment *= 2)
        for (size_t i = 0; i < COUNT_OF(sizes); i++)
            for (unsigned way = 0; way < 3; way++) {
                void *block = take(alignment, sizes[i], way);
                if (!CHECK(block != NULL && fits(block, alignment, sizes[i])))
                    continue;
                pattern_fill(block, sizes[i], alignment);
                block = realloc(opaque(block), sizes[i] * 2 + 1);
                CHECK(block != NULL && is_aligned(block, sizes[i] * 2 + 1));
                CHECK(pattern_holds(block, sizes[i], alignment));
                free(block);
            }
}

/* Between plain blocks, freed in another order: the pieces cut off for alignment must come together again. */
static void test_many(void)
{
    static struct {
        void *block;
        size_t size;
    } slots[BLOCKS];
    struct random random = {5};
    for (size_t alignment = 16; alignment <= MIB; alignment *= 2)
        for (unsigned round = 0; round < 400; round++) {
            unsigned at = random_below(&random, BLOCKS);
            if (slots[at].block != NULL) {
                DEMAND(pattern_holds(slots[at].block, slots[at].size, key_of(slots[at].block, at)));
                free(slots[at].block);
            }
            slots[at].size = 1 + random_size(&random, 14);
            bool plain = round % 4 == 0;
            slots[at].block = plain ? malloc(slots[at].size) : take(alignment, slots[at].size, round);
            DEMAND(slots[at].block != NULL && fits(slots[at].block, plain ? 8 : alignment, slots[at].size));
            pattern_fill(slots[at].block, slots[at].size, key_of(slots[at].block, at));
        }
    for (size_t at = 0; at < BLOCKS; at++)
        free(slots[at].block);
}

static void test_space_is_not_lost(void)
{
    uint64_t before = memory_pss();
    for (int i = 0; i < 3000; i++) {
        void *block = memalign(64 * KIB, 100000), *small = malloc(100);
        DEMAND(block != NULL && small != NULL);
        memset(block, 1, 100000);
        free(block);
        free(small);
    }
    CHECK(memory_pss() < before + 24 * MIB);
}

/* posix_memalign says EINVAL itself, and leaves errno alone; the others may round up, as older C libraries
 * do. */
static void test_alignments_that_are_none(void)
{
    const size_t bad[] = {0, 1, 2, 3, 4, 7, 12, 24, 48, 100, 4095, 4097, SIZE_MAX, SIZE_MAX / 2 + 2};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        size_t alignment = opaque_size(bad[i]);
        void *block = &block;
        errno = 7;
        CHECK(posix_memalign(&block, alignment, 100) == EINVAL);
        CHECK(block == &block && errno == 7);
        if (alignment != 0 && (alignment & (alignment - 1)) == 0)
            continue;
        for (unsigned way = 1; way < 3; way++) {
            errno = 0;
            block = take(alignment, 128, way);
            CHECK(block != NULL ? is_aligned(block, 128) : errno == EINVAL || errno == ENOMEM);
            free(block);
        }
    }
    void *block;
    for (size_t alignment = (size_t)1 << 40; alignment != 0; alignment *= 2) {
        errno = 0;
        block = aligned_alloc(opaque_size(alignment), 64);
        CHECK(block != NULL ? (uintptr_t)block % alignment == 0 : errno == ENOMEM || errno == EINVAL);
        free(block);
    }
}

int main(void)
{
    test_one_at_a_time();
    test_many();
    test_space_is_not_lost();
    test_alignments_that_are_none();
    return check_end();
}

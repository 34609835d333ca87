/*
 * df_malloc_statistics counts what the program does and its sums agree, also while others work;
 * df_malloc_trim gives back what it says; df_malloc_print says the same in words. None of them allocates.
 */
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../check.h"
#include "api.h"
#include "others.h"

enum { BLOCKS = 5000, SIZE = 1000 };

static struct api api;
static void *blocks[BLOCKS];

static struct df_malloc_statistics now(void)
{
    return api_statistics(&api);
}

static bool sums_agree(const struct df_malloc_statistics *s)
{
    return s->pinned + s->dirty <= s->committed && s->committed <= s->reserved &&
           s->live + s->cached <= s->pinned + s->large && s->large <= s->live &&
           s->large_blocks <= s->live_blocks && s->cached_blocks * 16 <= s->cached + 15 && s->arenas > 0 &&
           s->live_blocks * 16 <= s->live + 15;
}

/* A heap of some MiB has its thread, which takes a block of the C library's: not in the midst of a test. */
static void let_thread_start(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = malloc(8 * SIZE);
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    sleep_ms(50);
}

static void test_blocks_are_counted(void)
{
    uint64_t usable = 0;
    struct df_malloc_statistics before = now();
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        DEMAND(blocks[i] != NULL);
        usable += malloc_usable_size(blocks[i]);
    }
    struct df_malloc_statistics full = now();
    CHECK(full.live_blocks - before.live_blocks == BLOCKS);
    CHECK(full.live - before.live == usable);
    CHECK(full.large == before.large && full.large_blocks == before.large_blocks);
    CHECK(sums_agree(&before) && sums_agree(&full));
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    struct df_malloc_statistics after = now();
    CHECK(after.live_blocks == before.live_blocks && after.live == before.live);
    CHECK(after.cached_blocks > 0 && after.cached > 0 && sums_agree(&after));
    CHECK(after.threads >= 1);
}

static void test_large_are_counted(void)
{
    struct df_malloc_statistics before = now();
    void *large = malloc(100 * MIB);
    DEMAND(large != NULL);
    struct df_malloc_statistics with = now();
    CHECK(with.large_blocks == before.large_blocks + 1);
    CHECK(with.large - before.large >= 100 * MIB && with.large - before.large < 101 * MIB);
    CHECK(with.live_blocks == before.live_blocks + 1 && sums_agree(&with));
    large = realloc(large, 200 * MIB);
    DEMAND(large != NULL);
    with = now();
    CHECK(with.large_blocks == before.large_blocks + 1 && with.large - before.large >= 200 * MIB);
    free(large);
    struct df_malloc_statistics after = now();
    CHECK(after.large == before.large && after.large_blocks == before.large_blocks && sums_agree(&after));
}

static void test_trim_gives_back(void)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE * 4);
        DEMAND(blocks[i] != NULL);
        memset(blocks[i], 1, SIZE * 4);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    struct df_malloc_statistics before = now();
    uint64_t pss = memory_pss(), given = api.trim();
    struct df_malloc_statistics after = now();
    CHECK(after.cached == 0 && after.cached_blocks == 0 && after.dirty == 0 && after.large_cached == 0);
    CHECK(after.purged >= before.purged && after.purges >= before.purges);
    CHECK(after.live == before.live && after.live_blocks == before.live_blocks);
    CHECK(given >= after.purged - before.purged || given == 0);
    CHECK(given >= before.dirty);
    /* The background may have been first with some of it. */
    CHECK(memory_pss() + given <= pss + 4 * MIB || after.purged > before.purged);
    CHECK(api.trim() <= 64 * KIB);
    CHECK(malloc_trim(0) == 0 || malloc_trim(0) == 1);
}

/* --- While others work --- */

static void test_while_others_work(void)
{
    others_start(23);
    for (int i = 0; i < 300; i++) {
        struct df_malloc_statistics one = now();
        CHECK(sums_agree(&one));
        if (i % 10 == 0)
            api.trim();
        sleep_ms(1);
    }
    others_stop();
}

static void test_print(void)
{
    static char text[16384];
    int file = memfd_create("print", MFD_CLOEXEC);
    struct df_malloc_statistics before = now();
    api.print(file);
    struct df_malloc_statistics after = now();
    CHECK(after.live_blocks == before.live_blocks);
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    CHECK(length > 100 && text[length - 1] == '\n');
    CHECK(strstr(text, "live") != NULL && strstr(text, "cached") != NULL);
    close(file);
    api.print(-1); /* nothing happens */
}

int main(void)
{
    api = api_or_skip();
    DEMAND(api.statistics != NULL && api.trim != NULL && api.print != NULL && api.version != NULL);
    CHECK(api.version() != NULL && api.version()[0] >= '0' && strchr(api.version(), '.') != NULL);
    let_thread_start();
    test_blocks_are_counted();
    test_large_are_counted();
    test_trim_gives_back();
    test_while_others_work();
    test_print();
    return check_end();
}

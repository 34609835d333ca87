/*
 * A program that builds and takes down again and again, but little: its bins grow until they hold all that it
 * takes down, and give all of it back on trim and when it rests.
 */
#include "../check.h"
#include "api.h"

enum { BLOCKS = 12000, ROUNDS = 200, MIDDLE = 40, MANY = 5000 }; /* MANY: more than an outbox holds */

static struct api api;
static void *blocks[BLOCKS], *middle[MIDDLE];

static struct df_malloc_statistics now(void)
{
    return api_statistics(&api);
}

static void build_and_take_down(void)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(1 + i % 80);
        DEMAND(blocks[i] != NULL);
        pattern_fill(blocks[i], 1 + i % 80, key_of(blocks[i], i));
    }
    for (size_t i = 0; i < MIDDLE; i++)
        middle[i] = malloc(1000 + i * 700);
    for (size_t i = BLOCKS; i-- > 0;) {
        DEMAND(pattern_holds(blocks[i], 1 + i % 80, key_of(blocks[i], i)));
        free(blocks[i]);
    }
    for (size_t i = 0; i < MIDDLE; i++)
        free(middle[i]);
}

static void become_calm(void)
{
    for (size_t round = 0; round < ROUNDS; round++)
        build_and_take_down();
}

static void test_bins_hold_what_comes_and_goes(void)
{
    uint64_t live = now().live;
    become_calm();
    struct df_malloc_statistics calm = now();
    CHECK(calm.cached_blocks > MANY && calm.cached <= 2 * MIB && calm.live == live);
}

static void test_trim_takes_all(void)
{
    become_calm();
    api.trim();
    CHECK(now().cached_blocks == 0);
    build_and_take_down();
}

static bool nothing_is_cached(const void *unused)
{
    (void)unused;
    return now().cached_blocks == 0;
}

static void test_rest_takes_all(void)
{
    become_calm();
    CHECK(eventually(nothing_is_cached, NULL)); /* two seconds, on a machine that is free */
    build_and_take_down();
}

int main(void)
{
    api = api_or_skip();
    /* From some MiB on there is a thread that notices rest. */
    void *large = malloc(8 * MIB);
    test_bins_hold_what_comes_and_goes();
    test_trim_takes_all();
    test_rest_takes_all();
    free(large);
    return check_end();
}

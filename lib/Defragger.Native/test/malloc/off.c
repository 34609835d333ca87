/*
 * DEFRAGGER=off: no block is ours any more but those that the dynamic linker took before there were settings,
 * and those can be freed and resized all the same.
 */
#include <malloc.h>

#include "../check.h"
#include "api.h"

static uint64_t live_blocks(const struct api *api)
{
    struct df_malloc_statistics now;
    api->statistics(&now);
    return now.live_blocks;
}

static void test_settings_say_so(const struct api *api)
{
    struct df_malloc_settings settings;
    api->settings(&settings);
    CHECK(!settings.enabled && settings.background && !settings.warn && settings.decay_ms == 1000);
}

static void test_no_block_is_ours(const struct api *api)
{
    enum { BLOCKS = 1000 };
    static void *blocks[BLOCKS];
    uint64_t before = live_blocks(api);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = i % 2 != 0 ? malloc(i * 3000) : memalign(4096, i);
        CHECK(blocks[i] != NULL && malloc_usable_size(blocks[i]) >= i);
    }
    CHECK(live_blocks(api) == before);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = realloc(blocks[i], 5 * MIB / (i + 1) + 1);
        CHECK(blocks[i] != NULL);
        free(blocks[i]);
    }
    CHECK(live_blocks(api) == before);
}

/* glibc puts `used` bytes of the main heap where its own mallinfo2 counts them. */
static void test_the_library_tells_of_itself(void)
{
    size_t before = mallinfo2().uordblks;
    void *block = malloc(10 * KIB);
    CHECK(mallinfo2().uordblks >= before + 10 * KIB);
    free(block);
    CHECK(malloc_trim(0) == 0 || malloc_trim(0) == 1);
}

int main(void)
{
    struct api api = api_or_skip();
    test_settings_say_so(&api);
    test_no_block_is_ours(&api);
    test_the_library_tells_of_itself();
    return check_end();
}

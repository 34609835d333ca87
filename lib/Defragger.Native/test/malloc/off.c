/*
 * DEFRAGGER=off: no block is ours any more but those that the dynamic linker took before there were settings,
 * and those can be freed and resized all the same.
 */
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include "../../replay/recording.h"
#include "../check.h"
#include "api.h"

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
    uint64_t before = api_statistics(api).live_blocks;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = i % 2 != 0 ? malloc(i * 3000) : memalign(4096, i);
        CHECK(blocks[i] != NULL && malloc_usable_size(blocks[i]) >= i);
    }
    CHECK(api_statistics(api).live_blocks == before);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = realloc(blocks[i], 5 * MIB / (i + 1) + 1);
        CHECK(blocks[i] != NULL);
        free(blocks[i]);
    }
    CHECK(api_statistics(api).live_blocks == before);
}

/* A reader of a recording would not know what was freed. */
static void test_nothing_is_recorded(const struct api *api)
{
    enum { CALLS = 1000 };
    char path[] = "/tmp/defrag-off-XXXXXX";
    DEMAND(mkdtemp(path) != NULL);
    char name[sizeof path + 8];
    snprintf(name, sizeof name, "%s/calls", path);
    CHECK(api->record_start(name) == 0);
    for (size_t i = 0; i < CALLS; i++)
        free(opaque(malloc(100)));
    CHECK(api->record_stop() == 0);
    int descriptor = open(name, O_RDONLY | O_CLOEXEC), events = 0;
    DEMAND(descriptor >= 0);
    struct recording *recording = recording_open(descriptor, name);
    for (struct event event; recording_next(recording, &event);)
        events++;
    CHECK(events < CALLS / 10);
    close(descriptor);
    unlink(name);
    rmdir(path);
}

/* A block of the C library's heap is counted by its own mallinfo2. */
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
    test_nothing_is_recorded(&api);
    test_the_library_tells_of_itself();
    return check_end();
}

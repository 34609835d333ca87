/*
 * The order of a recording (src/malloc/record.h): threads hand blocks to each other, resize and free them,
 * and in the sequence that a reader makes of it no address is got while it is live, none is given up that is
 * not, and at the end none is left.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../replay/recording.h"
#include "../check.h"
#include "api.h"

enum { THREADS = 4, STEPS = 100000, SHARED = 64, KNOWN = 1 << 20 };

static struct api api;
static char path[] = "/tmp/defragger-order-XXXXXX/recording";

/* --- The program that is recorded --- */

static _Atomic(void *) shared[SHARED];

static void *work(void *seed)
{
    struct random random = {(uint64_t)(uintptr_t)seed};
    for (int i = 0; i < STEPS; i++) {
        unsigned bits = random_below(&random, 1000) == 0 ? 21 : 9; /* now and then a mapping */
        void *block = i % 7 == 0 ? calloc(1, random_size(&random, bits)) : malloc(random_size(&random, bits));
        if (i % 31 == 0) {
            free(block);
            block = aligned_alloc(64, 100);
        }
        block = atomic_exchange(&shared[random_below(&random, SHARED)], block);
        if (random_below(&random, 3) == 0)
            block = realloc(block, random_size(&random, bits) + 1);
        free(block);
    }
    return NULL;
}

static void record(void)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        DEMAND(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < SHARED; i++)
        free(atomic_exchange(&shared[i], NULL));
}

/* --- Which addresses are live --- */

static struct known {
    uint64_t granule;
    bool live;
} known[KNOWN];

static bool *live_at(uint64_t granule)
{
    size_t place = (size_t)(granule * UINT64_C(0x9E3779B97F4A7C15) >> 32) % KNOWN;
    for (size_t i = 0; known[place].granule != granule && known[place].granule != 0; i++) {
        DEMAND(i < KNOWN);
        place = (place + 1) % KNOWN;
    }
    known[place].granule = granule;
    return &known[place].live;
}

static void judge(void)
{
    size_t events = 0, twice = 0, unknown = 0, left = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    DEMAND(descriptor >= 0 && recording_is_one(descriptor));
    struct recording *recording = recording_open(descriptor, path);
    struct recording_facts facts = recording_facts(recording);
    CHECK(facts.process == (uint32_t)getpid() && facts.threads > THREADS && !facts.was_cut);
    for (struct event event; recording_next(recording, &event); events++) {
        bool *live = live_at(event.key), gives_up = event.kind == EVENT_RELEASE || event.kind == EVENT_LEAVE;
        twice += !gives_up && *live;
        unknown += gives_up && !*live;
        *live = !gives_up;
    }
    for (size_t i = 0; i < KNOWN; i++)
        left += known[i].live;
    printf("%zu events, %zu got twice, %zu unknown, %zu left\n", events, twice, unknown, left);
    CHECK(events > 2 * THREADS * STEPS && twice == 0);
    /* What the C library keeps for threads, one of which may be ours. */
    CHECK(unknown <= THREADS + 1 && left <= THREADS + 1);
}

int main(void)
{
    api = api_or_skip();
    char *slash = strrchr(path, '/');
    *slash = '\0';
    DEMAND(mkdtemp(path) != NULL);
    *slash = '/';
    DEMAND(api.record_start(path) == 0);
    record();
    CHECK(api.record_stop() == 0);
    judge();
    unlink(path);
    *slash = '\0';
    rmdir(path);
    return check_end();
}

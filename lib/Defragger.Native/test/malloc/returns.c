/*
 * Memory comes back. Each case takes 200 MiB of small blocks, frees all but one in a thousand, does what its
 * name says, and then little is left. The cases wait, so they run side by side, each in a process of its own.
 *
 *   defrag-malloc-returns             all cases (without libdefragger only trim, which the C library can do
 * too) defrag-malloc-returns CASE ""     one of them
 */
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/defragger.h"
#include "support.h"

enum { KEPT_OF = 1000, SECONDS = 3 };
static const size_t total = 200 * MIB, left_at_most = 40 * MIB;

static uint64_t low; /* less than this is little, in bytes of this process */

/* Those that stay, then those that go, each a list through the blocks. */
static void **kept, **going;

static void *take(struct random *random, size_t *taken)
{
    size_t size = 16 + random_below(random, 500);
    void *block = malloc(size);
    DEMAND(block != NULL);
    memset(block, 0xAA, size);
    *taken += size;
    return block;
}

static void fill(void)
{
    struct random random = {31};
    size_t taken = 0;
    for (size_t i = 0; taken < total; i++) {
        void **block = take(&random, &taken);
        void ***list = i % KEPT_OF == 0 ? &kept : &going;
        *block = *list;
        *list = block;
    }
}

static void free_going(void)
{
    while (going != NULL) {
        void **next = *going;
        free(going);
        going = next;
    }
}

static void judge(const char *name, uint64_t before, uint64_t full)
{
    uint64_t now = memory_pss();
    printf("%s: %llu MiB before, %llu full, %llu now\n", name, (unsigned long long)(before / MIB),
           (unsigned long long)(full / MIB), (unsigned long long)(now / MIB));
    fflush(stdout);
    DEMAND(now < low);
}

/* --- Ways to wait --- */

static bool is_low(const void *unused)
{
    (void)unused;
    return memory_pss() < low;
}

/* Two seconds, on a machine that is free. */
static void rest(void)
{
    eventually(is_low, NULL);
}

static void trim(void)
{
    malloc_trim(0);
}

/* Little, but often, and more than a cache holds: decay must happen on the way of ordinary calls. */
static void work_a_little(void)
{
    static void *blocks[3000];
    struct random random = {9};
    size_t taken = 0;
    for (int i = 0; i < SECONDS * 100; i++) {
        for (size_t j = 0; j < COUNT_OF(blocks); j++)
            blocks[j] = take(&random, &taken);
        for (size_t j = 0; j < COUNT_OF(blocks); j++)
            free(blocks[j]);
        sleep_ms(10);
    }
}

static int run_case(const char *name, void (*wait)(void))
{
    uint64_t before = memory_pss();
    low = before + left_at_most;
    fill();
    uint64_t full = memory_pss();
    DEMAND(full > before + total);
    free_going();
    wait();
    judge(name, before, full);
    for (; kept != NULL; kept = *kept)
        DEMAND(malloc_usable_size(kept) >= 16);
    return 0;
}

/* --- A large block, which waits for its next use for a while --- */

static int run_large(void)
{
    uint64_t before = memory_pss();
    low = before + left_at_most;
    void *blocks[10];
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        blocks[i] = malloc(20 * MIB);
        DEMAND(blocks[i] != NULL);
        memset(blocks[i], 1, 20 * MIB);
    }
    uint64_t full = memory_pss();
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        free(blocks[i]);
    rest();
    judge("large", before, full);
    return 0;
}

/* --- The cache of a thread that rests --- */

static sem_t has_worked, may_end;

static void *work_then_rest(void *unused)
{
    enum { BLOCKS = 60000 };
    static void *blocks[BLOCKS];
    struct random random = {4};
    size_t taken = 0;
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = take(&random, &taken);
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    sem_post(&has_worked);
    sem_wait(&may_end);
    return unused;
}

static void (*statistics)(struct df_malloc_statistics *);

static bool few_are_cached(const void *before)
{
    struct df_malloc_statistics now;
    statistics(&now);
    return now.cached <= ((const struct df_malloc_statistics *)before)->cached / 4;
}

static int run_caches(void)
{
    void *symbol = our_function("df_malloc_statistics");
    DEMAND(symbol != NULL);
    memcpy(&statistics, &symbol, sizeof statistics);
    struct df_malloc_statistics before, after;
    enum { LIVE = 32, SIZE = 256 * KIB }; /* a heap so small that no thread looks after it keeps its caches */
    void *live[LIVE];
    pthread_t thread;
    for (size_t i = 0; i < LIVE; i++) {
        live[i] = malloc(SIZE);
        DEMAND(live[i] != NULL);
    }
    sem_init(&has_worked, 0, 0);
    sem_init(&may_end, 0, 0);
    DEMAND(pthread_create(&thread, NULL, work_then_rest, NULL) == 0);
    sem_wait(&has_worked);
    statistics(&before);
    bool few = eventually(few_are_cached, &before);
    statistics(&after);
    sem_post(&may_end);
    pthread_join(thread, NULL);
    for (size_t i = 0; i < LIVE; i++)
        free(live[i]);
    printf("caches: %llu bytes cached, after a rest %llu\n", (unsigned long long)before.cached,
           (unsigned long long)after.cached);
    fflush(stdout);
    DEMAND(before.cached > 0 && few);
    return 0;
}

/* --- All of them --- */

struct run {
    const char *name;
    const char *settings[2];
    bool general; /* other allocators can do it too */
    pthread_t thread;
    struct outcome outcome;
};

static struct run runs[] = {
    {.name = "rest"},
    {.name = "trim", .general = true},
    {.name = "little", .settings = {"DEFRAGGER_BACKGROUND=0"}},
    {.name = "large"},
    {.name = "caches"},
};

static void *run(void *argument)
{
    struct run *one = argument;
    run_self(one->name, "", one->settings, &one->outcome);
    return NULL;
}

static bool possible(const struct run *one)
{
    return ours() || (one->general && with_malloc("malloc_trim"));
}

static int run_all(void)
{
    bool good = true;
    for (size_t i = 0; i < COUNT_OF(runs); i++)
        if (possible(&runs[i]))
            DEMAND(pthread_create(&runs[i].thread, NULL, run, &runs[i]) == 0);
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        if (!possible(&runs[i]))
            continue;
        pthread_join(runs[i].thread, NULL);
        printf("%s%s", runs[i].outcome.out, runs[i].outcome.err);
        good = good && exited_with(runs[i].outcome.status, 0);
    }
    return good ? 0 : 1;
}

int main(int count, char **arguments)
{
    guard_seconds(60);
    const char *name = count == 3 ? arguments[1] : "";
    if (strcmp(name, "rest") == 0)
        return run_case(name, rest);
    if (strcmp(name, "trim") == 0)
        return run_case(name, trim);
    if (strcmp(name, "little") == 0)
        return run_case(name, work_a_little);
    if (strcmp(name, "large") == 0)
        return run_large();
    if (strcmp(name, "caches") == 0)
        return run_caches();
    return run_all();
}

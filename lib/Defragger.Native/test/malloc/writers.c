/*
 * Merging pages while other threads write: no store is lost. Each thread writes to its own small blocks,
 * which lie on pages that are being merged, and knows in memory of another kind what they must hold: it looks
 * before every store, so a single one that was lost is seen at the next.
 *
 *   defrag-malloc-writers [SECONDS]            3 seconds
 *   defrag-malloc-writers SECONDS first        blocks that were never written to, so that their pages are not
 * there yet
 *
 * Skipped where the kernel does not let this process hold up those who write (userfaultfd): nothing is
 * merged.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sparse.h"

enum { WRITERS = 3, PIPES = 2000 };

static struct survivor survivors[SPARSE_MOST];
static struct sparse sparse;
static atomic_bool stop;
static atomic_ullong stores, calls;

/* What the blocks must hold. */
static uint64_t known[SPARSE_MOST];

static volatile uint64_t *word_of(size_t i)
{
    return (volatile uint64_t *)(void *)survivors[i].block;
}

/* Every WRITERS-th block is this thread's, in runs, so that it comes back soon and late. */
static void *write_stores(void *number)
{
    struct random random = {(uintptr_t)number};
    unsigned long long done = 0;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        size_t from = random_below(&random, (uint32_t)sparse.count), left = 1 + random_below(&random, 3000);
        for (size_t i = from; i < sparse.count && left > 0; i++, left--) {
            if (i % WRITERS != (uintptr_t)number)
                continue;
            for (int k = 0; k < 16; k++, done++) {
                DEMAND(*word_of(i) == known[i]);
                *word_of(i) = ++known[i];
            }
        }
        if (random_below(&random, 50) == 0)
            sleep_ms(random_below(&random, 20)); /* so that pages stay merged for a while */
    }
    atomic_fetch_add(&stores, done);
    return NULL;
}

/* The kernel writes, in system calls, into small blocks of its own. */
static void *write_by_calls(void *unused)
{
    static unsigned char *blocks[PIPES];
    int ends[2];
    DEMAND(pipe(ends) == 0);
    for (uint32_t turn = 1; !atomic_load_explicit(&stop, memory_order_relaxed); turn++)
        for (uint32_t i = 0; i < PIPES; i++) {
            uint32_t value = turn * PIPES + i, size = 4 * (4 + i % 40);
            if (blocks[i] == NULL)
                DEMAND((blocks[i] = calloc(1, size)) != NULL);
            uint32_t last;
            memcpy(&last, blocks[i], sizeof last);
            DEMAND(last == (turn > 1 ? value - PIPES : 0));
            DEMAND(write(ends[1], &value, sizeof value) == sizeof value);
            DEMAND(read(ends[0], blocks[i], sizeof value) == sizeof value);
            memcpy(&last, blocks[i], sizeof last);
            DEMAND(last == value);
            atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
        }
    return unused;
}

/* Blocks come and go meanwhile, some of them survivors' neighbours. */
static void *allocate(void *unused)
{
    enum { SLOTS = 3000 };
    static struct survivor slots[SLOTS];
    struct random random = {99};
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        uint32_t i = random_below(&random, SLOTS);
        if (slots[i].block != NULL)
            DEMAND(pattern_holds(slots[i].block, slots[i].size, slots[i].key));
        free(slots[i].block);
        slots[i].size = 1 + random_size(&random, 11);
        slots[i].block = malloc(slots[i].size);
        DEMAND(slots[i].block != NULL);
        slots[i].key = key_of(slots[i].block, i);
        pattern_fill(slots[i].block, slots[i].size, slots[i].key);
    }
    return unused;
}

/* Survivors of its own, which die while their pages are merged: page after page comes to hold nothing, and is
 * given back by another thread while this one frees the neighbours. */
static void *let_die(void *unused)
{
    enum { BLOCKS = 60000, SHARE = 40 };
    static struct survivor blocks[BLOCKS];
    struct random random = {7};
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i].size = 16 + random_below(&random, 100);
            blocks[i].block = malloc(blocks[i].size);
            DEMAND(blocks[i].block != NULL);
            blocks[i].key = key_of(blocks[i].block, i);
            pattern_fill(blocks[i].block, blocks[i].size, blocks[i].key);
        }
        for (size_t round = 0; round < 2; round++, sleep_ms(50))
            for (size_t i = 0; i < BLOCKS; i++) {
                if ((i % SHARE == 0) != (round == 1))
                    continue;
                DEMAND(pattern_holds(blocks[i].block, blocks[i].size, blocks[i].key));
                free(blocks[i].block);
            }
    }
    return unused;
}

/* A child sees all of one moment: each word is what its thread had written, and the child may overwrite it.
 */
static int child_of(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < sparse.count; i++) {
        DEMAND(known[i] == *word_of(i) || known[i] == *word_of(i) + 1);
        *word_of(i) = UINT64_MAX;
    }
    return 0;
}

static int finish(uint64_t merges)
{
    printf("%llu stores and %llu system calls beside %llu merges, %llu of which were undone\n",
           (unsigned long long)atomic_load(&stores), (unsigned long long)atomic_load(&calls),
           (unsigned long long)merges, (unsigned long long)compact_statistics().unmerges);
    return 0;
}

static int run(unsigned seconds)
{
    pthread_t threads[WRITERS + 3];
    struct timespec begin, now;
    for (size_t i = 0; i < sparse.count; i++)
        *word_of(i) = known[i] = i;
    for (uintptr_t i = 0; i < WRITERS; i++)
        DEMAND(pthread_create(&threads[i], NULL, write_stores, (void *)i) == 0);
    DEMAND(pthread_create(&threads[WRITERS], NULL, write_by_calls, NULL) == 0);
    DEMAND(pthread_create(&threads[WRITERS + 1], NULL, allocate, NULL) == 0);
    DEMAND(pthread_create(&threads[WRITERS + 2], NULL, let_die, NULL) == 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (unsigned turn = 0; clock_gettime(CLOCK_MONOTONIC, &now), now.tv_sec < begin.tv_sec + (time_t)seconds;
         turn++) {
        compact_all();
        if (turn % 20 == 19)
            DEMAND(exited_with(run_forked(child_of, NULL), 0));
        sched_yield();
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < sparse.count; i++)
        DEMAND(*word_of(i) == known[i]);
    return finish(compact_statistics().merges);
}

/* --- First stores: to pages that are live and were never touched --- */

/* At once, or in the midst of a compaction. */
static void *write_first(void *number)
{
    static atomic_uint turns;
    unsigned turn = atomic_fetch_add(&turns, 1) / WRITERS;
    sleep_ms(turn % 8);
    for (size_t i = (uintptr_t)number; i < sparse.count; i += WRITERS) {
        *word_of(i) = i + 1;
        if (i % 64 == 0)
            sched_yield();
    }
    return NULL;
}

/* Blocks with long gaps, in memory that has been given back; the gaps are too long for a cache, so to free
 * them touches nothing. And others, which it gives, so that there is enough to gain. */
static struct sparse first_make(void)
{
    enum { GAP = 60000, COUNT = 1500 };
    static void *gaps[COUNT];
    static struct survivor filling[SPARSE_MOST];
    void *whole[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        DEMAND((whole[i] = malloc(GAP)) != NULL);
    for (size_t i = 0; i < COUNT; i++)
        free(whole[i]);
    struct api api = api_load();
    api.trim();
    sparse = (struct sparse){survivors, 0};
    for (size_t i = 0; i < COUNT; i++) {
        void *block;
        DEMAND(posix_memalign(&block, 64, 64) == 0 && (gaps[i] = malloc(GAP + i % 16 * 64)) != NULL);
        survivors[sparse.count++] = (struct survivor){block, 64, 0};
    }
    for (size_t i = 0; i < COUNT; i++)
        free(gaps[i]);
    return sparse_make(filling, 200000, 50, 77);
}

static int run_first(unsigned seconds)
{
    struct timespec begin, now;
    uint64_t merges = 0, written = 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        pthread_t threads[WRITERS];
        struct sparse others = first_make();
        for (uintptr_t i = 0; i < WRITERS; i++)
            DEMAND(pthread_create(&threads[i], NULL, write_first, (void *)i) == 0);
        compact_all();
        for (size_t i = 0; i < WRITERS; i++)
            pthread_join(threads[i], NULL);
        for (size_t i = 0; i < sparse.count; i++)
            DEMAND(*word_of(i) == i + 1);
        written += sparse.count;
        merges = compact_statistics().merges;
        sparse_free(&sparse);
        sparse_free(&others); /* or their mappings would use up what a process may have */
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < begin.tv_sec + (time_t)seconds);
    atomic_store(&stores, written);
    return finish(merges);
}

static void *merge_once(void *possible)
{
    *(bool *)possible = compact_merges();
    return NULL;
}

int main(int count, char **arguments)
{
    bool possible = false;
    pthread_t thread;
    unsigned seconds = count > 1 ? (unsigned)strtoul(arguments[1], NULL, 10) : 3;
    api_or_skip();
    guard_seconds(seconds + 60);
    if (count > 2)
        return run_first(seconds);
    sparse = sparse_make(survivors, 400000, 20, 1);
    DEMAND(pthread_create(&thread, NULL, merge_once, &possible) == 0);
    pthread_join(thread, NULL);
    if (!possible) {
        DEMAND(compact_statistics().answer == DF_COMPACT_THREADS);
        printf("skipped: this process may not hold up threads that write (userfaultfd)\n");
        return SKIPPED;
    }
    return run(seconds);
}

/*
 * Threads that do what programs do, as fast as they can, and look at every byte:
 *
 *     private slots of each thread, and a table that all share: a thread exchanges its block with what lies
 *     there, so that many blocks are freed or resized by another thread than took them
 *
 * A block begins with its own size and seed; the rest is a pattern of both and of its address. Two owners of
 * one place, or a block that was moved without its contents, are seen at the next touch.
 *
 *   defrag-malloc-stress [SECONDS [THREADS [SEED]]]     3 seconds, 8 threads
 */
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support.h"

enum { PRIVATE = 400, SHARED = 512, THREADS_MOST = 64 };

struct header {
    uint64_t size;
    uint64_t seed;
};

enum operation { TAKE, ZEROED, ALIGNED, RESIZE, GIVE, EXCHANGE, OPERATIONS };
static const char *const names[OPERATIONS] = {"malloc", "calloc", "aligned", "realloc", "free", "exchange"};

struct worker {
    pthread_t thread;
    struct random random;
    uint64_t counts[OPERATIONS];
    uint64_t refused;
    struct header *slots[PRIVATE];
};

static _Atomic(struct header *) shared[SHARED];
static atomic_bool stop;
static struct worker workers[THREADS_MOST];

/* --- Blocks --- */

/* Nearly all up to 64 KiB and mostly small, one in 1024 up to 4 MiB. */
static size_t choose_size(struct random *random)
{
    unsigned bits = random_below(random, 1024) == 0 ? 22 : random_below(random, 16) == 0 ? 16 : 10;
    return sizeof(struct header) + random_size(random, bits);
}

static void sign(struct header *block, size_t size, uint64_t seed)
{
    block->size = size;
    block->seed = seed;
    pattern_fill(block + 1, size - sizeof *block, key_of(block, seed));
}

/* The contents as they were signed at an address, which the block may have left since. */
static void verify(const struct header *block, uint64_t address, size_t size)
{
    DEMAND(block->size >= size);
    DEMAND(pattern_holds(block + 1, size - sizeof *block, address ^ block->seed << 47));
}

static void look(const struct header *block)
{
    DEMAND(malloc_usable_size((void *)(uintptr_t)block) >= block->size);
    verify(block, (uint64_t)(uintptr_t)block, block->size);
}

/* --- Operations --- */

static struct header *take(struct worker *worker, enum operation operation)
{
    size_t size = choose_size(&worker->random), alignment = 16;
    struct header *block;
    if (operation == ZEROED) {
        block = calloc(1, size);
        DEMAND(block == NULL || all_bytes(block, size, 0));
    } else if (operation == ALIGNED) {
        alignment <<= random_below(&worker->random, 13);
        block = memalign(alignment, size);
    } else {
        block = malloc(size);
    }
    worker->refused += block == NULL;
    DEMAND(block == NULL || (uintptr_t)block % alignment == 0);
    if (block != NULL)
        sign(block, size, random_next(&worker->random));
    return block;
}

static void give(struct header *block)
{
    if (block == NULL)
        return;
    look(block);
    block->size = 0; /* a second owner would notice */
    free(block);
}

static struct header *resize(struct worker *worker, struct header *block)
{
    if (block == NULL)
        return NULL;
    look(block);
    size_t before = block->size, after = choose_size(&worker->random);
    uint64_t address = (uint64_t)(uintptr_t)block;
    struct header *moved = realloc(block, after);
    worker->refused += moved == NULL;
    if (moved == NULL)
        return block;
    DEMAND(is_aligned(moved, after) && moved->size == before);
    verify(moved, address, before < after ? before : after);
    sign(moved, after, random_next(&worker->random));
    return moved;
}

static enum operation choose(struct random *random, bool occupied)
{
    uint32_t number = random_below(random, 100);
    if (number < 20)
        return EXCHANGE;
    if (occupied)
        return number < 40 ? RESIZE : GIVE;
    return number < 75 ? TAKE : number < 90 ? ZEROED : ALIGNED;
}

static void step(struct worker *worker)
{
    struct header **slot = &worker->slots[random_below(&worker->random, PRIVATE)];
    enum operation operation = choose(&worker->random, *slot != NULL);
    worker->counts[operation]++;
    if (operation == EXCHANGE) {
        *slot = atomic_exchange(&shared[random_below(&worker->random, SHARED)], *slot);
    } else if (operation == RESIZE) {
        *slot = resize(worker, *slot);
    } else if (operation == GIVE) {
        give(*slot);
        *slot = NULL;
    } else {
        *slot = take(worker, operation);
    }
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    while (!atomic_load_explicit(&stop, memory_order_relaxed))
        for (int i = 0; i < 100; i++)
            step(worker);
    for (size_t i = 0; i < PRIVATE; i++)
        give(worker->slots[i]);
    return NULL;
}

/* --- The whole --- */

static unsigned argument_or(char **arguments, int count, int index, unsigned otherwise)
{
    return index < count ? (unsigned)strtoul(arguments[index], NULL, 10) : otherwise;
}

static void report(unsigned threads)
{
    uint64_t refused = 0;
    for (int operation = 0; operation < OPERATIONS; operation++) {
        uint64_t total = 0;
        for (unsigned i = 0; i < threads; i++)
            total += workers[i].counts[operation];
        printf("%s %llu, ", names[operation], (unsigned long long)total);
        DEMAND(total > 0);
    }
    for (unsigned i = 0; i < threads; i++)
        refused += workers[i].refused;
    printf("refused %llu\n", (unsigned long long)refused);
    DEMAND(refused == 0);
}

int main(int count, char **arguments)
{
    unsigned seconds = argument_or(arguments, count, 1, 3), threads = argument_or(arguments, count, 2, 8);
    unsigned seed = argument_or(arguments, count, 3, (unsigned)time(NULL));
    if (threads == 0 || threads > THREADS_MOST)
        threads = THREADS_MOST;
    printf("%u seconds, %u threads, seed %u\n", seconds, threads, seed);
    fflush(stdout);
    guard_seconds(seconds * 2 + 60);
    for (unsigned i = 0; i < threads; i++) {
        workers[i].random.state = (uint64_t)seed << 20 | i;
        DEMAND(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    sleep_ms(seconds * 1000);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    for (size_t i = 0; i < SHARED; i++)
        give(atomic_exchange(&shared[i], NULL));
    report(threads);
    return 0;
}

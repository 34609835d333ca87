/* See mistakes.h. Each announces the address that the report has to name, then does what is wrong. */
#include "mistakes.h"

#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sparse.h"

enum { OTHERS = 3000 };

/* --- Verbs --- */

static void *take(size_t size)
{
    void *block = malloc(size);
    DEMAND(block != NULL);
    memset(block, 0x77, size);
    return opaque(block);
}

/* The report has to name this one. */
static void *announce(void *address)
{
    printf("address 0x%llx\n", (unsigned long long)(uintptr_t)address);
    return opaque(address);
}

static void give_others(size_t size)
{
    static void *others[OTHERS];
    for (size_t i = 0; i < OTHERS; i++)
        others[i] = take(size + i % 5 * 16);
    for (size_t i = 0; i < OTHERS; i++)
        free(others[i]);
}

static void *in_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    void *result;
    DEMAND(pthread_create(&thread, NULL, function, argument) == 0);
    pthread_join(thread, &result);
    return result;
}

static void *free_it(void *block)
{
    free(block);
    return NULL;
}

/* --- Mistakes --- */

static void double_free(size_t size)
{
    void *block = take(size);
    free(announce(block));
    free(block);
}

static void double_free_small(void)
{
    double_free(40);
}

static void double_free_medium(void)
{
    double_free(100000);
}

static void double_free_large(void)
{
    double_free(20 * MIB);
}

static void double_free_second_last(void)
{
    void *block = take(64), *other = take(64);
    free(announce(block));
    free(other);
    free(block);
}

/* Other sizes: the block itself must not be handed out again meanwhile. */
static void double_free_after_others(void)
{
    void *block = take(64);
    free(announce(block));
    give_others(200);
    free(block);
}

static void double_free_after_trim(void)
{
    void *pin = take(64), *block = take(64);
    free(announce(block));
    malloc_trim(0);
    free(block);
    free(pin);
}

static void double_free_after_pages_went(void)
{
    void *block = take(3 * MIB);
    free(announce(block));
    malloc_trim(0);
    free(block);
}

static void double_free_of_ended_thread(void)
{
    void *block = take(64);
    in_thread(free_it, announce(block));
    free(block);
}

static void double_free_in_ended_thread(void)
{
    void *block = take(64);
    free(announce(block));
    in_thread(free_it, block);
}

static sem_t freed, may_end;

static void *free_and_wait(void *block)
{
    free(block);
    sem_post(&freed);
    sem_wait(&may_end);
    return NULL;
}

/* The block lies in the cache of another thread, so this may be seen only when a cache is emptied. */
static void double_free_of_living_thread(void)
{
    pthread_t thread;
    void *block = take(64);
    sem_init(&freed, 0, 0);
    sem_init(&may_end, 0, 0);
    DEMAND(pthread_create(&thread, NULL, free_and_wait, announce(block)) == 0);
    sem_wait(&freed);
    free(block);
    sem_post(&may_end);
    pthread_join(thread, NULL);
    malloc_trim(0);
}

static void double_free_aligned(void)
{
    void *block = memalign(4096, 10000);
    free(announce(block));
    free(opaque(block));
}

static void realloc_of_freed(void)
{
    void *block = take(64);
    free(announce(block));
    block = realloc(block, 500);
    (void)block;
}

static void realloc_of_freed_large(void)
{
    void *block = take(20 * MIB);
    free(announce(block));
    block = realloc(block, 30 * MIB);
    (void)block;
}

/* A block that is left on a page which malloc_trim has merged with others; its neighbour there was freed. */
static void *take_merged(void **dead)
{
    enum { BLOCKS = 200000, SHARE = 60 };
    static void *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = take(64);
    for (size_t i = 0; i < BLOCKS; i++)
        if (i % SHARE != 0)
            free(blocks[i]);
    malloc_trim(0);
    DEMAND(compact_statistics().merges > BLOCKS / SHARE / 2);
    *dead = blocks[BLOCKS / 2 / SHARE * SHARE + 1];
    return blocks[BLOCKS / 2 / SHARE * SHARE];
}

static void double_free_merged(void)
{
    void *dead, *block = take_merged(&dead);
    free(announce(block));
    free(block);
}

static void double_free_before_merging(void)
{
    void *dead;
    take_merged(&dead);
    free(announce(dead));
}

static void realloc_of_freed_before_merging(void)
{
    void *dead;
    take_merged(&dead);
    if (realloc(announce(dead), 100) != NULL)
        printf("it gave a block\n");
}

static void interior_merged(void)
{
    void *dead;
    char *block = take_merged(&dead);
    free(announce(block + 16));
}

static void interior_small(void)
{
    char *block = take(1000);
    free(announce(block + 16));
}

static void interior_odd(void)
{
    char *block = take(1000);
    free(announce(block + 3));
}

static void interior_medium(void)
{
    char *block = take(200000);
    free(announce(block + 65536));
}

static void interior_large(void)
{
    char *block = take(20 * MIB);
    free(announce(block + 4 * MIB));
}

static void interior_realloc(void)
{
    char *block = take(1000);
    block = realloc(announce(block + 32), 2000);
    (void)block;
}

static void interior_realloc_large(void)
{
    char *block = take(20 * MIB);
    block = realloc(announce(block + 4 * MIB), 30 * MIB);
    (void)block;
}

static void stack_address(void)
{
    _Alignas(16) char local[64];
    free(announce(local));
}

static void global_address(void)
{
    static _Alignas(16) char global[64];
    free(announce(global));
}

static void realloc_of_global(void)
{
    static _Alignas(16) char global[64];
    void *block = realloc(announce(global), 100);
    (void)block;
}

static void foreign_mapping(void)
{
    void *mapping = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    DEMAND(mapping != MAP_FAILED);
    free(announce(mapping));
}

static void wild_address(void)
{
    free(announce((void *)(uintptr_t)0x123450));
}

static void non_canonical_address(void)
{
    free(announce((void *)(uintptr_t)UINT64_C(0xdeadbeefdeadbee0)));
}

const struct mistake mistakes[] = {
    {"double-free-small", double_free_small, {"double free"}, false, false},
    {"double-free-medium", double_free_medium, {"double free"}, false, false},
    {"double-free-large", double_free_large, {"double free"}, false, true},
    {"double-free-second-last", double_free_second_last, {"double free"}, true, false},
    {"double-free-after-others", double_free_after_others, {"double free"}, false, false},
    {"double-free-after-trim", double_free_after_trim, {"double free"}, false, false},
    /* A mapping that is gone is known no more. */
    {"double-free-after-pages-went",
     double_free_after_pages_went,
     {"double free", "foreign pointer"},
     false,
     false},
    {"double-free-of-ended-thread", double_free_of_ended_thread, {"double free"}, false, false},
    {"double-free-in-ended-thread", double_free_in_ended_thread, {"double free"}, true, false},
    {"double-free-of-living-thread", double_free_of_living_thread, {"double free"}, true, false},
    {"double-free-aligned", double_free_aligned, {"double free"}, false, false},
    {"realloc-of-freed", realloc_of_freed, {"double free"}, false, false},
    {"realloc-of-freed-large", realloc_of_freed_large, {"double free"}, false, true},
    {"double-free-merged", double_free_merged, {"double free"}, false, false},
    {"double-free-before-merging", double_free_before_merging, {"double free"}, false, false},
    {"realloc-of-freed-before-merging", realloc_of_freed_before_merging, {"double free"}, false, false},
    {"interior-merged", interior_merged, {"interior pointer"}, false, false},
    {"interior-small", interior_small, {"interior pointer"}, false, false},
    {"interior-odd", interior_odd, {"interior pointer", "foreign pointer"}, false, false},
    {"interior-medium", interior_medium, {"interior pointer"}, false, false},
    {"interior-large", interior_large, {"interior pointer"}, false, false},
    {"interior-realloc", interior_realloc, {"interior pointer"}, false, false},
    {"interior-realloc-large",
     interior_realloc_large,
     {"interior pointer: it points 4194304 bytes into a block of 20971520 bytes"},
     false,
     false},
    {"stack-address", stack_address, {"foreign pointer"}, false, false},
    {"global-address", global_address, {"foreign pointer"}, false, false},
    {"realloc-of-global", realloc_of_global, {"foreign pointer"}, false, false},
    {"foreign-mapping", foreign_mapping, {"foreign pointer"}, false, false},
    {"wild-address", wild_address, {"foreign pointer"}, false, false},
    {"non-canonical-address", non_canonical_address, {"foreign pointer"}, false, false},
};

const size_t mistake_count = COUNT_OF(mistakes);

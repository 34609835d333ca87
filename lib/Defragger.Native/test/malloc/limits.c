/*
 * Little address space (RLIMIT_AS): small blocks reach at least half of it, the end is NULL and ENOMEM, what
 * was taken before stays whole, and what was freed can be taken again, also in other sizes.
 *
 *   defrag-malloc-limits                   each case, in a process of its own
 *   defrag-malloc-limits MIB SIZE          one case; it starts itself again, so that the limit is there from
 * the start
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "support.h"

/* A list through the blocks themselves. */
struct block {
    struct block *next;
    size_t number;
};

/* More than `most` bytes are never taken: without a limit that works, that would be all memory of the
 * machine. */
static size_t fill(struct block **list, size_t size, size_t most)
{
    size_t count = 0;
    struct block *block;
    for (errno = 0; (block = malloc(size)) != NULL; errno = 0) {
        DEMAND(count * size < most);
        *block = (struct block){*list, count++};
        ((unsigned char *)block)[size - 1] = (unsigned char)count;
        *list = block;
    }
    DEMAND(errno == ENOMEM);
    return count;
}

static void look_at(const struct block *block, size_t size, size_t count)
{
    for (; block != NULL; block = block->next) {
        DEMAND(((const unsigned char *)block)[size - 1] == (unsigned char)(block->number + 1) ||
               size == sizeof *block);
        DEMAND(block->number == --count);
    }
    DEMAND(count == 0);
}

static size_t empty(struct block **list)
{
    size_t count = 0;
    for (struct block *next; *list != NULL; *list = next, count++) {
        next = (*list)->next;
        free(*list);
    }
    return count;
}

/* Every second block, and then the room is there for as many. */
static void free_half(struct block **list)
{
    for (struct block *block = *list; block != NULL && block->next != NULL; block = block->next) {
        struct block *second = block->next;
        block->next = second->next;
        free(second);
    }
}

static void all_fail(size_t limit)
{
    void *out = NULL;
    DEMAND((errno = 0, malloc(limit) == NULL) && errno == ENOMEM);
    DEMAND((errno = 0, calloc(limit / 8, 8) == NULL) && errno == ENOMEM);
    DEMAND(posix_memalign(&out, 4096, limit) == ENOMEM && out == NULL);
    char *small = malloc(100);
    if (small == NULL)
        return;
    pattern_fill(small, 100, 1);
    DEMAND((errno = 0, realloc(small, limit) == NULL) && errno == ENOMEM);
    DEMAND(pattern_holds(small, 100, 1));
    free(small);
}

/* --- Threads that were there before --- */

enum { THREADS = 4, BLOCKS_OF_THREAD = 20000 };
static pthread_t threads[THREADS];
static pthread_barrier_t may_start;

static void *take_in_thread(void *unused)
{
    struct block *list = NULL;
    pthread_barrier_wait(&may_start);
    for (size_t count = 0; count < BLOCKS_OF_THREAD; count++) {
        struct block *block = malloc(100);
        DEMAND(block != NULL);
        *block = (struct block){list, count};
        list = block;
    }
    DEMAND(empty(&list) == BLOCKS_OF_THREAD);
    return unused;
}

static void start_threads(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * KIB);
    pthread_barrier_init(&may_start, NULL, THREADS + 1);
    for (size_t i = 0; i < THREADS; i++)
        DEMAND(pthread_create(&threads[i], &attributes, take_in_thread, NULL) == 0);
    pthread_attr_destroy(&attributes);
}

static void use_threads(void)
{
    pthread_barrier_wait(&may_start);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* Address space that is full of arenas may leave no room for the largest. */
static size_t largest_now(size_t limit)
{
    for (size_t size = limit; size > 0; size -= limit / 64) {
        void *block = malloc(size);
        free(block);
        if (block != NULL)
            return size;
    }
    return 0;
}

static int run_case(size_t limit, size_t size)
{
    struct block *list = NULL, *others = NULL;
    if (ours()) /* others keep room apart for each thread, and have none here */
        start_threads();
    size_t first = fill(&list, size, limit);
    all_fail(limit);
    look_at(list, size, first);
    printf("limit %zu MiB, size %zu: %zu blocks, %zu%% of the limit", limit / MIB, size, first,
           first * size * 100 / limit);
    DEMAND(first * size >= limit / 2);
    free_half(&list);
    size_t again = fill(&others, size, limit);
    DEMAND(again >= first * 45 / 100);
    empty(&list);
    empty(&others);
    size_t more = fill(&list, size * 3, limit);
    DEMAND(more * size * 3 >= first * size * 9 / 10);
    DEMAND(empty(&list) == more);
    void *large = malloc(limit / 16);
    DEMAND(large != NULL);
    memset(large, 1, limit / 16);
    large = realloc(large, limit / 10);
    DEMAND(large != NULL);
    free(large);
    size_t largest = largest_now(limit);
    size_t last = fill(&list, size, limit);
    DEMAND(last >= first * 9 / 10);
    empty(&list);
    if (ours())
        use_threads();
    printf(", then %zu, %zu of three times the size, %zu; one of %zu%%\n", again, more, last,
           largest * 100 / limit);
    return 0;
}

static void run_under(const char *mib, const char *size)
{
    struct outcome outcome;
    struct rlimit limit, old;
    DEMAND(getrlimit(RLIMIT_AS, &old) == 0);
    limit = old;
    limit.rlim_cur = strtoull(mib, NULL, 10) * MIB;
    DEMAND(setrlimit(RLIMIT_AS, &limit) == 0);
    run_self(mib, size, NULL, &outcome);
    DEMAND(setrlimit(RLIMIT_AS, &old) == 0);
    printf("%s%s", outcome.out, outcome.err);
    DEMAND(exited_with(outcome.status, 0));
}

/* The limit comes when the program has run for a while. */
static int limited_later(void *unused)
{
    (void)unused;
    struct rlimit limit;
    void *early = malloc(20 * MIB);
    DEMAND(early != NULL && getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = 1;
    DEMAND(setrlimit(RLIMIT_AS, &limit) == 0);
    /* Small blocks may still come from what was reserved before. */
    free(malloc(5000));
    DEMAND((errno = 0, malloc(200 * MIB) == NULL) && errno == ENOMEM);
    early = realloc(early, MIB);
    DEMAND(early != NULL);
    free(early);
    return 0;
}

/* Also for small blocks, although their address space was reserved before. */
static int filled_later(void *unused)
{
    (void)unused;
    struct rlimit limit;
    struct block *list = NULL;
    void *early = malloc(20 * MIB);
    DEMAND(early != NULL && getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = 64 * MIB;
    DEMAND(setrlimit(RLIMIT_AS, &limit) == 0);
    size_t count = fill(&list, 1000, 64 * MIB - 20 * MIB);
    DEMAND(count * 1000 >= 64 * MIB - 30 * MIB);
    look_at(list, 1000, count);
    empty(&list);
    free(early);
    limit.rlim_cur = 128 * MIB;
    DEMAND(setrlimit(RLIMIT_AS, &limit) == 0);
    count = fill(&list, 1000, 128 * MIB);
    DEMAND(count * 1000 >= 128 * MIB - 30 * MIB);
    empty(&list);
    return 0;
}

int main(int count, char **arguments)
{
    static const char *const limits[] = {"64", "256", "1024"}, *const sizes[] = {"32", "1000", "20000"};
    guard_seconds(90);
    if (count == 3)
        return run_case(strtoull(arguments[1], NULL, 10) * MIB, strtoull(arguments[2], NULL, 10));
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        for (size_t j = 0; j < COUNT_OF(sizes); j++)
            if (i < 2 || j == 1)
                run_under(limits[i], sizes[j]);
    DEMAND(exited_with(run_forked(limited_later, NULL), 0));
    if (ours()) /* others reserve no more than they give out */
        DEMAND(exited_with(run_forked(filled_later, NULL), 0));
    return 0;
}

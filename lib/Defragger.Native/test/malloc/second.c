/*
 * The moment when a second thread begins to allocate: until then the first one changes the heap without
 * atomic operations. In many children of a fork, each with one thread that builds and takes down all the
 * time, a second one begins at some moment, in one of several ways. Every start bit that is lost is a block
 * that cannot be freed, which ends the child.
 *
 *   defrag-malloc-second [CHILDREN]      200
 */
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "../check.h"
#include "support.h"

enum { BLOCKS = 3000, HANDED = 64, WAYS = 4 };

struct table {
    void *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    struct random random;
};

static struct table first, second;
static void *handed[HANDED]; /* of the first thread, for the second to free */
static atomic_bool stop, begun;
static unsigned way;

static void replace(struct table *table, size_t at)
{
    if (table->blocks[at] != NULL)
        DEMAND(pattern_holds(table->blocks[at], table->sizes[at], key_of(table->blocks[at], 5)));
    free(table->blocks[at]);
    table->sizes[at] = 1 + random_below(&table->random, 600);
    table->blocks[at] = malloc(table->sizes[at]);
    DEMAND(table->blocks[at] != NULL);
    pattern_fill(table->blocks[at], table->sizes[at], key_of(table->blocks[at], 5));
}

/* Builds all, so that blocks are cut from the thread's region, and takes down most. */
static void build(struct table *table)
{
    for (size_t i = 0; i < BLOCKS; i++)
        replace(table, i);
    for (size_t i = 0; i < BLOCKS; i++)
        if (random_below(&table->random, 8) != 0) {
            free(table->blocks[i]);
            table->blocks[i] = NULL;
        }
}

static void take_down(struct table *table)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        if (table->blocks[i] != NULL)
            DEMAND(pattern_holds(table->blocks[i], table->sizes[i], key_of(table->blocks[i], 5)));
        free(table->blocks[i]);
    }
}

/* What the second thread does first: with a cache of its own or without, allocating or freeing. */
static void begin(void)
{
    void *aligned = NULL;
    switch (way) {
    case 0:
        free(malloc(100));
        break;
    case 1:
        for (int i = 0; i < 50; i++) {
            DEMAND(posix_memalign(&aligned, 256, 40 * KIB) == 0);
            free(aligned);
        }
        break;
    case 2:
        for (size_t i = 0; i < HANDED; i++)
            free(handed[i]);
        break;
    default:
        malloc_trim(0);
        free(malloc(300 * KIB));
    }
    for (size_t i = 0; i < HANDED && way != 2; i++)
        free(handed[i]);
}

static void *run_second(void *unused)
{
    begin();
    atomic_store(&begun, true);
    while (!atomic_load(&stop))
        build(&second);
    return unused;
}

static int child(void *argument)
{
    const unsigned number = *(const unsigned *)argument;
    way = number % WAYS;
    first.random.state = number;
    second.random.state = number + 1000;
    guard_seconds(60);
    for (size_t i = 0; i < HANDED; i++) {
        handed[i] = malloc(16 + i * 700);
        DEMAND(handed[i] != NULL);
    }
    pthread_t thread;
    for (unsigned i = 0; i < number % 5; i++)
        build(&first);
    DEMAND(pthread_create(&thread, NULL, run_second, NULL) == 0);
    while (!atomic_load(&begun))
        build(&first);
    for (int i = 0; i < 3; i++)
        build(&first);
    atomic_store(&stop, true);
    DEMAND(pthread_join(thread, NULL) == 0);
    take_down(&first);
    take_down(&second);
    malloc_trim(0);
    return 0;
}

int main(int count, char **arguments)
{
    unsigned children = count > 1 ? (unsigned)atoi(arguments[1]) : 200;
    for (unsigned i = 0; i < children; i++)
        CHECK(exited_with(run_forked(child, &i), 0));
    return check_end();
}

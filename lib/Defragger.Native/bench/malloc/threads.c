/*
 * The workloads of micro.c in which one thread releases what another has allocated.
 */
#include "threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "draw.h"

enum { THREADS = 4 };

static const struct size_mix small = {16, {30, 30, 20, 15, 5}};

static void start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    if (pthread_create(thread, NULL, run, argument) != 0) {
        fputs("micro: no thread could be started\n", stderr);
        exit(1);
    }
}

/*
 * larson, after Larson and Krishnan's server: any thread replaces any block of a table that all share, so
 * that three in four releases are of another thread's block. Threads end and others go on with their blocks.
 */
enum { SLOTS = 16 * 1024, GENERATIONS = 8, REPLACEMENTS = 220 * 1000 };

static _Atomic(char *) slots[SLOTS];

struct server {
    uint64_t state;
    unsigned replacements;
};

static void *serve(void *argument)
{
    struct server *server = argument;
    for (unsigned i = 0; i < server->replacements; i++) {
        uint32_t size = draw_size(&server->state, &small);
        char *block = malloc(size);
        touch_ends(block, size);
        free(atomic_exchange(&slots[draw_below(&server->state, SLOTS)], block));
    }
    return NULL;
}

void larson(unsigned percent)
{
    struct server servers[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        servers[i] = (struct server){.state = i + 1, .replacements = REPLACEMENTS / 100 * percent};
    for (int generation = 0; generation < GENERATIONS; generation++) {
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++)
            start(&threads[i], serve, &servers[i]);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < SLOTS; i++)
        free(atomic_exchange(&slots[i], NULL));
}

/*
 * xmalloc: half of the threads only allocate, the others only release. Blocks go over in batches, so that
 * what is measured is not the lock between them; enough of these can wait that nobody does. (With 16 of 1,024
 * blocks the processor time under glibc was 0.25 or 0.45 s, as the scheduler pleased.)
 */
enum { BATCH = 256, WAITING = 64, BATCHES = 16000 };

struct batch {
    struct batch *next;
    char *blocks[BATCH];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    struct batch *full, *empty;
    unsigned producing;
} exchange = {.lock = PTHREAD_MUTEX_INITIALIZER,
              .filled = PTHREAD_COND_INITIALIZER,
              .emptied = PTHREAD_COND_INITIALIZER,
              .producing = THREADS / 2};

static struct batch *take(struct batch **list)
{
    struct batch *batch = *list;
    *list = batch->next;
    return batch;
}

static void put(struct batch **list, struct batch *batch)
{
    batch->next = *list;
    *list = batch;
}

static void *produce(void *argument)
{
    struct server *server = argument;
    for (unsigned i = 0; i < server->replacements; i++) {
        pthread_mutex_lock(&exchange.lock);
        while (exchange.empty == NULL)
            pthread_cond_wait(&exchange.emptied, &exchange.lock);
        struct batch *batch = take(&exchange.empty);
        pthread_mutex_unlock(&exchange.lock);

        for (int k = 0; k < BATCH; k++) {
            uint32_t size = draw_size(&server->state, &small);
            batch->blocks[k] = malloc(size);
            touch_ends(batch->blocks[k], size);
        }

        pthread_mutex_lock(&exchange.lock);
        put(&exchange.full, batch);
        pthread_cond_signal(&exchange.filled);
        pthread_mutex_unlock(&exchange.lock);
    }
    pthread_mutex_lock(&exchange.lock);
    exchange.producing--;
    pthread_cond_broadcast(&exchange.filled);
    pthread_mutex_unlock(&exchange.lock);
    return NULL;
}

static void *consume(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&exchange.lock);
        while (exchange.full == NULL && exchange.producing > 0)
            pthread_cond_wait(&exchange.filled, &exchange.lock);
        struct batch *batch = exchange.full != NULL ? take(&exchange.full) : NULL;
        pthread_mutex_unlock(&exchange.lock);
        if (batch == NULL)
            return NULL;

        for (int k = 0; k < BATCH; k++)
            free(batch->blocks[k]);

        pthread_mutex_lock(&exchange.lock);
        put(&exchange.empty, batch);
        pthread_cond_signal(&exchange.emptied);
        pthread_mutex_unlock(&exchange.lock);
    }
}

void xmalloc(unsigned percent)
{
    static struct batch batches[WAITING];
    for (int i = 0; i < WAITING; i++)
        put(&exchange.empty, &batches[i]);

    struct server producers[THREADS / 2];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS / 2; i++) {
        producers[i] = (struct server){.state = i + 1, .replacements = BATCHES * percent / 100};
        start(&threads[i], produce, &producers[i]);
        start(&threads[THREADS / 2 + i], consume, NULL);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/*
 * Several threads fork at the same time, while others start, end, and trim. Every child works: it allocates,
 * frees what its parent's threads had, starts a thread, and ends by _exit or by exit with its handlers. A
 * deadlock ends in SIGALRM.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

enum { FORKERS = 4, FORKS = 100, BLOCKS = 200 };

static atomic_uint children;
static atomic_bool stop;

static void take(void **blocks, struct random *random)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(64 + random_size(random, 13));
        DEMAND(blocks[i] != NULL);
        pattern_fill(blocks[i], 64, key_of(blocks[i], i));
    }
}

static void give(void **blocks)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        DEMAND(pattern_holds(blocks[i], 64, key_of(blocks[i], i)));
        free(blocks[i]);
    }
}

static void *take_and_give(void *unused)
{
    void *blocks[BLOCKS];
    struct random random = {2};
    take(blocks, &random);
    give(blocks);
    return unused;
}

static void be_child(void **blocks, unsigned number)
{
    pthread_t thread;
    guard_seconds(30);
    give(blocks);
    take_and_give(NULL);
    DEMAND(pthread_create(&thread, NULL, take_and_give, NULL) == 0);
    pthread_join(thread, NULL);
    free(malloc(30 * MIB));
    if (number % 2 == 0)
        exit(0);
    _exit(0);
}

static void *fork_often(void *argument)
{
    struct random random = {(uint64_t)(uintptr_t)argument};
    for (unsigned i = 0; i < FORKS; i++) {
        void *blocks[BLOCKS];
        int status;
        take(blocks, &random);
        pid_t child = fork();
        DEMAND(child >= 0);
        if (child == 0)
            be_child(blocks, i);
        give(blocks);
        DEMAND(waitpid(child, &status, 0) == child && exited_with(status, 0));
        atomic_fetch_add(&children, 1);
    }
    return NULL;
}

static void *start_and_end(void *unused)
{
    while (!atomic_load(&stop)) {
        pthread_t thread;
        DEMAND(pthread_create(&thread, NULL, take_and_give, NULL) == 0);
        pthread_join(thread, NULL);
        malloc_trim(0);
        sleep_ms(1);
    }
    return unused;
}

int main(void)
{
    pthread_t forkers[FORKERS], starter;
    guard_seconds(90);
    DEMAND(pthread_create(&starter, NULL, start_and_end, NULL) == 0);
    for (uintptr_t i = 0; i < FORKERS; i++)
        DEMAND(pthread_create(&forkers[i], NULL, fork_often, (void *)(i + 1)) == 0);
    for (size_t i = 0; i < FORKERS; i++)
        pthread_join(forkers[i], NULL);
    atomic_store(&stop, true);
    pthread_join(starter, NULL);
    printf("%u children\n", atomic_load(&children));
    DEMAND(children == FORKERS * FORKS);
    return 0;
}

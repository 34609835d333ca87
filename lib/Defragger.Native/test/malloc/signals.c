/*
 * A timer's handler interrupts allocation some thousand times a second, in all threads, and system calls
 * inside of it with EINTR. It allocates nothing itself, as the standard demands, and keeps errno.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "support.h"

enum { THREADS = 3, SLOTS = 300, MILLISECONDS = 2500, MICROSECONDS_BETWEEN = 150 };

static atomic_ulong interruptions;
static atomic_bool stop;
static pthread_t threads[THREADS];

static void interrupt(int number)
{
    (void)number;
    int kept = errno;
    atomic_fetch_add(&interruptions, 1);
    errno = EINTR;
    errno = kept;
}

static void *work(void *argument)
{
    static const size_t large[] = {MIB, 3 * MIB, 9 * MIB};
    struct random random = {(uint64_t)(uintptr_t)argument};
    static _Thread_local struct {
        void *block;
        size_t size;
    } slots[SLOTS];
    for (unsigned long i = 0; !atomic_load(&stop); i++) {
        unsigned at = random_below(&random, SLOTS);
        if (slots[at].block != NULL)
            DEMAND(pattern_holds(slots[at].block, slots[at].size, key_of(slots[at].block, at)));
        errno = 55;
        free(slots[at].block);
        DEMAND(errno == 55);
        slots[at].size = i % 500 == 0 ? large[random_below(&random, 3)] : random_size(&random, 13);
        slots[at].block = i % 3 == 0 ? calloc(1, slots[at].size) : malloc(slots[at].size);
        DEMAND(slots[at].block != NULL);
        DEMAND(i % 3 != 0 || all_bytes(slots[at].block, slots[at].size, 0));
        if (i % 7 == 0) {
            slots[at].size *= 2;
            slots[at].block = realloc(slots[at].block, slots[at].size + 1);
            DEMAND(slots[at].block != NULL);
        }
        pattern_fill(slots[at].block, slots[at].size, key_of(slots[at].block, at));
        if (i % 5000 == 0)
            malloc_trim(0);
    }
    for (size_t at = 0; at < SLOTS; at++)
        free(slots[at].block);
    return argument;
}

int main(void)
{
    struct sigaction action = {.sa_handler = interrupt}; /* without SA_RESTART */
    struct itimerval often = {{0, MICROSECONDS_BETWEEN}, {0, MICROSECONDS_BETWEEN}}, never = {{0, 0}, {0, 0}};
    guard_seconds(60);
    DEMAND(sigaction(SIGPROF, &action, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        DEMAND(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    DEMAND(setitimer(ITIMER_PROF, &often, NULL) == 0);
    /* The timer's signals go to whatever thread runs; these to each in turn. */
    for (unsigned i = 0; i < MILLISECONDS * 2; i++) {
        struct timespec pause = {0, 500000};
        nanosleep(&pause, NULL);
        pthread_kill(threads[i % THREADS], SIGUSR1);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    setitimer(ITIMER_PROF, &never, NULL);
    printf("%lu interruptions\n", atomic_load(&interruptions));
    DEMAND(interruptions > 1000);
    return 0;
}

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "others.h"

enum { OTHERS = 3, SLOTS = 300 };

static pthread_t threads[OTHERS];
static unsigned size_bits;
static atomic_bool stop;

static void *work(void *argument)
{
    struct random random = {(uint64_t)(uintptr_t)argument};
    void *mine[SLOTS] = {0};
    while (!atomic_load(&stop)) {
        size_t at = random_below(&random, SLOTS);
        free(mine[at]);
        mine[at] = malloc(random_size(&random, size_bits));
    }
    for (size_t at = 0; at < SLOTS; at++)
        free(mine[at]);
    return NULL;
}

void others_start(unsigned bits)
{
    size_bits = bits;
    atomic_store(&stop, false);
    for (uintptr_t i = 0; i < OTHERS; i++)
        DEMAND(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
}

void others_stop(void)
{
    atomic_store(&stop, true);
    for (size_t i = 0; i < OTHERS; i++)
        pthread_join(threads[i], NULL);
}

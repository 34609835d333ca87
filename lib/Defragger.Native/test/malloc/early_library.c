/*
 * A library that allocates when it comes and when it goes. As one that the program needs, it comes before a
 * preloaded allocator's own constructor and goes after its destructor; opened later, in between.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "early.h"

enum { BLOCKS = 1000 };
static void *blocks[BLOCKS];

static void take_and_give(void)
{
    void *some[50];
    for (size_t i = 0; i < 50; i++)
        some[i] = calloc(1, i * i * 10 + 1);
    for (size_t i = 0; i < 50; i++)
        free(some[i]);
}

static void *work(void *argument)
{
    take_and_give();
    return argument;
}

__attribute__((constructor)) static void come(void)
{
    pthread_t thread;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(i * 3 + 1);
        if (blocks[i] == NULL)
            abort();
        memset(blocks[i], (int)(i & 0x7F), i * 3 + 1);
    }
    for (size_t i = 0; i < BLOCKS; i += 2) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
    if (pthread_create(&thread, NULL, work, NULL) == 0)
        pthread_join(thread, NULL);
}

__attribute__((destructor)) static void go(void)
{
    take_and_give();
    for (size_t i = 1; i < BLOCKS; i += 2) {
        const unsigned char *bytes = blocks[i];
        for (size_t at = 0; at <= i * 3; at++)
            if (bytes[at] != (i & 0x7F))
                abort();
        free(blocks[i]);
    }
    take_and_give();
    printf("%s goes\n", EARLY_NAME);
    fflush(stdout);
}

void *EARLY_FUNCTION(void)
{
    return strdup(EARLY_NAME);
}

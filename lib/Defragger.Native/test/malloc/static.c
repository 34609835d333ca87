/*
 * A program that was linked with libdefragger.a: malloc is ours, for the program and for the C library in it.
 * The same source is linked fully static too, so it does without dlsym.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/defragger.h"
#include "../check.h"

static uint64_t live_blocks(void)
{
    struct df_malloc_statistics statistics;
    df_malloc_statistics(&statistics);
    return statistics.live_blocks;
}

static void test_malloc_is_ours(void)
{
    uint64_t before = live_blocks();
    void *blocks[6] = {malloc(1 << 20), calloc(3, 5), memalign(4096, 7), aligned_alloc(64, 64), NULL, NULL};
    CHECK(posix_memalign(&blocks[4], 32, 100) == 0);
    blocks[5] = realloc(NULL, 100);
    CHECK(live_blocks() == before + 6);
    for (size_t i = 0; i < 6; i++) {
        CHECK(blocks[i] != NULL && malloc_usable_size(blocks[i]) >= 7);
        free(blocks[i]);
    }
    CHECK(live_blocks() == before);
}

static void test_library_uses_it(void)
{
    uint64_t before = live_blocks();
    char *copy = strdup("copied"), *text = NULL;
    CHECK(copy != NULL && asprintf(&text, "%s twice", copy) == 12);
    CHECK(live_blocks() == before + 2);
    free(copy);
    free(text);
    FILE *file = fopen("/dev/null", "w");
    CHECK(file != NULL && live_blocks() > before);
    if (file != NULL)
        fclose(file);
    CHECK(live_blocks() == before);
}

static void *work(void *argument)
{
    static _Thread_local void *blocks[500];
    for (size_t round = 0; round < 20; round++) {
        for (size_t i = 0; i < 500; i++)
            blocks[i] = calloc(i + 1, round + 1);
        for (size_t i = 0; i < 500; i++)
            free(blocks[i]);
    }
    return argument;
}

static void test_threads_and_forks(void)
{
    pthread_t threads[4];
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < 4; i++)
            CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
        pid_t child = fork();
        if (child == 0) {
            alarm(30);
            work(NULL);
            _exit(0);
        }
        int status = -1;
        CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
        for (size_t i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
    }
}

int main(void)
{
    static char buffer[1024]; /* or stdout would take a block of its own somewhere in between */
    setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
    alarm(60);
    test_malloc_is_ours();
    test_library_uses_it();
    test_threads_and_forks();
    return check_end();
}

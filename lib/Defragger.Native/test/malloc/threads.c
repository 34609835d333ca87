/*
 * Threads that come and go: thousands of short ones that leave blocks to others, destructors that allocate
 * after the allocator's own has run, small stacks, exits in the midst of others' work. Memory stays bounded.
 */
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "support.h"

enum { WAVES = 400, WIDTH = 10, LEFT = 64, DESTRUCTOR_ROUNDS = 3 };

static void start(pthread_t *thread, void *(*function)(void *), void *argument, size_t stack)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack > 0)
        DEMAND(pthread_attr_setstacksize(&attributes, stack) == 0);
    DEMAND(pthread_create(thread, &attributes, function, argument) == 0);
    pthread_attr_destroy(&attributes);
}

/* Takes and frees blocks of many sizes, all of them signed; the caller frees those that are left. */
static void churn(struct random *random, void **left, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = 8 + random_size(random, 12);
        void *block = malloc(size), *other = malloc(size * 3);
        DEMAND(block != NULL && other != NULL);
        memset(other, 1, size * 3);
        memcpy(block, &size, sizeof size);
        pattern_fill((char *)block + 8, size - 8, key_of(block, 1));
        free(other);
        left[i] = block;
    }
}

static void free_left(void **left, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size;
        memcpy(&size, left[i], sizeof size);
        DEMAND(pattern_holds((char *)left[i] + 8, size - 8, key_of(left[i], 1)));
        free(left[i]);
    }
}

/* --- Short threads --- */

struct short_one {
    pthread_t thread;
    void *left[LEFT];
};

static void *live_shortly(void *argument)
{
    struct short_one *one = argument;
    struct random random = {(uint64_t)(uintptr_t)one};
    free_left(one->left, LEFT); /* of the thread before */
    churn(&random, one->left, LEFT);
    return NULL;
}

static void test_thousands_of_short_ones(void)
{
    static struct short_one ones[WIDTH];
    struct random random = {1};
    uint64_t early = 0;
    for (size_t i = 0; i < WIDTH; i++)
        churn(&random, ones[i].left, LEFT);
    for (size_t wave = 0; wave < WAVES; wave++) {
        /* A block moves to another thread each time, so that none is freed where it was taken. */
        for (size_t i = 0; i + 1 < WIDTH; i++)
            for (size_t j = 0; j < LEFT; j += 2) {
                void *moving = ones[i].left[j];
                ones[i].left[j] = ones[i + 1].left[j];
                ones[i + 1].left[j] = moving;
            }
        for (size_t i = 0; i < WIDTH; i++)
            start(&ones[i].thread, live_shortly, &ones[i], 0);
        for (size_t i = 0; i < WIDTH; i++)
            pthread_join(ones[i].thread, NULL);
        if (wave == WAVES / 4)
            early = memory_pss();
    }
    for (size_t i = 0; i < WIDTH; i++)
        free_left(ones[i].left, LEFT);
    printf("Pss after %d threads %llu KiB, after %d %llu KiB\n", WAVES / 4 * WIDTH,
           (unsigned long long)(early / KIB), WAVES * WIDTH, (unsigned long long)(memory_pss() / KIB));
    CHECK(memory_pss() < early + 16 * MIB);
}

/* --- Destructors --- */

static pthread_key_t keys[4];
static atomic_uint destroyed;

/* Runs up to PTHREAD_DESTRUCTOR_ITERATIONS times, since it sets its own key again. */
static void destroy(void *value)
{
    unsigned char *block = value;
    unsigned which = block[0], round = block[1];
    struct random random = {which};
    void *left[16];
    DEMAND(all_bytes(block + 2, 998, 0x11));
    free(block);
    churn(&random, left, COUNT_OF(left));
    free_left(left, COUNT_OF(left));
    atomic_fetch_add(&destroyed, 1);
    if (round + 1 >= DESTRUCTOR_ROUNDS)
        return;
    block = malloc(1000);
    DEMAND(block != NULL);
    memset(block, 0x11, 1000);
    block[0] = (unsigned char)which;
    block[1] = (unsigned char)(round + 1);
    pthread_setspecific(keys[which], block);
}

static void *set_keys(void *argument)
{
    for (unsigned char which = 0; which < COUNT_OF(keys); which++) {
        unsigned char *block = malloc(1000);
        DEMAND(block != NULL);
        memset(block, 0x11, 1000);
        block[0] = which;
        block[1] = 0;
        pthread_setspecific(keys[which], block);
    }
    return argument;
}

static void test_destructors(void)
{
    enum { THREADS = 200 };
    uint64_t before = memory_pss();
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        CHECK(pthread_key_create(&keys[i], destroy) == 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        start(&thread, set_keys, NULL, 0);
        pthread_join(thread, NULL);
    }
    CHECK(destroyed == THREADS * COUNT_OF(keys) * DESTRUCTOR_ROUNDS);
    CHECK(memory_pss() < before + 8 * MIB);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        pthread_key_delete(keys[i]);
}

/* --- Small stacks, and many at once --- */

static pthread_barrier_t all_there;

static void *work_in_little_room(void *argument)
{
    struct random random = {(uint64_t)(uintptr_t)&random};
    void *left[LEFT];
    churn(&random, left, LEFT);
    pthread_barrier_wait(&all_there);
    void *large = calloc(1, 3 * MIB);
    DEMAND(large != NULL);
    large = realloc(large, 5 * MIB);
    DEMAND(large != NULL);
    free(large);
    free_left(left, LEFT);
    return argument;
}

static void test_small_stacks(void)
{
    enum { THREADS = 150 };
    static pthread_t threads[THREADS];
    pthread_barrier_init(&all_there, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        start(&threads[i], work_in_little_room, NULL, (size_t)PTHREAD_STACK_MIN);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    pthread_barrier_destroy(&all_there);
}

/* --- Ends of threads while others work --- */

static atomic_bool finish;

static void *work_on(void *argument)
{
    struct random random = {99};
    void *left[LEFT];
    while (!atomic_load(&finish)) {
        churn(&random, left, LEFT);
        free_left(left, LEFT);
    }
    return argument;
}

static void *end_at_once(void *argument)
{
    struct random random = {7};
    void **left = calloc(LEFT, sizeof *left);
    DEMAND(left != NULL);
    churn(&random, left, LEFT);
    if (argument == NULL)
        pthread_exit(left);
    return left;
}

static void test_ends_among_others(void)
{
    pthread_t others[2], one;
    for (int i = 0; i < 2; i++)
        start(&others[i], work_on, NULL, 0);
    for (int i = 0; i < 300; i++) {
        void *left;
        start(&one, end_at_once, i % 2 == 0 ? NULL : &one, 0);
        pthread_join(one, &left);
        free_left(left, LEFT);
        free(left);
        if (i % 50 == 0)
            malloc_trim(0); /* takes the caches of threads that are just leaving */
    }
    atomic_store(&finish, true);
    for (int i = 0; i < 2; i++)
        pthread_join(others[i], NULL);
}

/* A cancelled thread ends in the midst of a wait, and its cleanup handler frees. */
static void *wait_for_ever(void *argument)
{
    void *block = malloc(5000);
    DEMAND(block != NULL);
    pthread_cleanup_push(free, block);
    sem_post(argument);
    for (;;)
        sleep_ms(1000);
    pthread_cleanup_pop(1);
    return NULL;
}

static void test_cancelled(void)
{
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        sem_t ready;
        void *result;
        sem_init(&ready, 0, 0);
        start(&thread, wait_for_ever, &ready, 0);
        sem_wait(&ready);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        CHECK(result == PTHREAD_CANCELED);
        sem_destroy(&ready);
    }
}

int main(void)
{
    guard_seconds(100);
    test_thousands_of_short_ones();
    test_destructors();
    test_small_stacks();
    test_ends_among_others();
    test_cancelled();
    return check_end();
}

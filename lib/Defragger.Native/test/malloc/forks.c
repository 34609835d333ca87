/*
 * Forks of a parent whose threads allocate all the time. A thread publishes each block when it is whole, so a
 * child can look at all published ones of all threads, and must find them; it frees them, allocates, uses
 * threads, forks again. What a child writes, the parent does not see, and the other way round. posix_spawn
 * and vfork with exec come in between. A deadlock ends in SIGALRM.
 *
 *   defrag-malloc-forks [FORKS]      300
 */
#include <malloc.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

enum { THREADS = 4, SLOTS = 200, OPERATIONS_AT_ONCE = 1000 };

/* Whole: block, size and contents agree. Only its thread changes it, and takes the mark away before. */
struct slot {
    atomic_bool whole;
    void *block;
    size_t size;
};

static struct slot slots[THREADS][SLOTS];
static pthread_t threads[THREADS];
static atomic_bool stop;
static atomic_ulong operations;
static void *held_by_handlers;
static unsigned handled[3];

/* --- The parent's threads --- */

static void renew(struct slot *slot, struct random *random)
{
    atomic_store(&slot->whole, false);
    if (slot->block != NULL)
        DEMAND(pattern_holds(slot->block, slot->size, key_of(slot->block, 3)));
    free(slot->block);
    slot->size = random_below(random, 2000) == 0 ? MIB + random_size(random, 22) : random_size(random, 12);
    slot->block = malloc(slot->size);
    DEMAND(slot->block != NULL);
    pattern_fill(slot->block, slot->size, key_of(slot->block, 3));
    atomic_store(&slot->whole, true);
}

static void *work(void *argument)
{
    struct slot *mine = argument;
    struct random random = {(uint64_t)(uintptr_t)argument};
    while (!atomic_load(&stop)) {
        for (int i = 0; i < OPERATIONS_AT_ONCE; i++)
            renew(&mine[random_below(&random, SLOTS)], &random);
        atomic_fetch_add(&operations, OPERATIONS_AT_ONCE);
        sleep_ms(1); /* the forks shall find them at work, but not wait for a processor */
    }
    return NULL;
}

/* --- Handlers of the program around fork, which allocate --- */

static void before_fork(void)
{
    handled[0]++;
    held_by_handlers = malloc(3000);
    DEMAND(held_by_handlers != NULL);
    pattern_fill(held_by_handlers, 3000, 8);
    free(malloc(100000));
}

static void after_fork(unsigned which)
{
    handled[which]++;
    DEMAND(pattern_holds(held_by_handlers, 3000, 8));
    held_by_handlers = realloc(held_by_handlers, 100000);
    DEMAND(held_by_handlers != NULL && pattern_holds(held_by_handlers, 3000, 8));
    free(held_by_handlers);
}

static void in_parent(void)
{
    after_fork(1);
}

static void in_child(void)
{
    after_fork(2);
}

/* --- What a child does --- */

static void *child_thread(void *argument)
{
    struct random random = {(uint64_t)(uintptr_t)argument};
    struct slot *mine = calloc(SLOTS, sizeof *mine);
    DEMAND(mine != NULL);
    for (int i = 0; i < 2 * SLOTS; i++)
        renew(&mine[random_below(&random, SLOTS)], &random);
    for (size_t i = 0; i < SLOTS; i++)
        free(mine[i].block);
    free(mine);
    return NULL;
}

static size_t look_at_all(void)
{
    size_t seen = 0;
    for (size_t i = 0; i < THREADS; i++)
        for (size_t j = 0; j < SLOTS; j++) {
            struct slot *slot = &slots[i][j];
            if (!atomic_load(&slot->whole))
                continue;
            DEMAND(malloc_usable_size(slot->block) >= slot->size);
            DEMAND(pattern_holds(slot->block, slot->size, key_of(slot->block, 3)));
            seen++;
        }
    return seen;
}

/* Frees a half of what the parent's threads had, overwrites the rest. */
static void take_over(unsigned seed)
{
    struct random random = {seed};
    for (size_t i = 0; i < THREADS; i++)
        for (size_t j = 0; j < SLOTS; j++)
            if (atomic_load(&slots[i][j].whole)) {
                memset(slots[i][j].block, (int)(seed & 0xFF), slots[i][j].size);
                pattern_fill(slots[i][j].block, slots[i][j].size, key_of(slots[i][j].block, 3));
                if (j % 2 == 0)
                    renew(&slots[i][j], &random);
            }
}

static void use_threads(void)
{
    pthread_t two[2];
    for (uintptr_t i = 0; i < 2; i++)
        DEMAND(pthread_create(&two[i], NULL, child_thread, (void *)(i + 1)) == 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(two[i], NULL);
}

static void wait_for_success(pid_t child)
{
    int status;
    DEMAND(waitpid(child, &status, 0) == child);
    if (!exited_with(status, 0))
        printf("a child ended with status 0x%x\n", (unsigned)status);
    DEMAND(exited_with(status, 0));
}

static _Noreturn void be_grandchild(unsigned number)
{
    guard_seconds(40);
    DEMAND(look_at_all() > 0);
    take_over(number);
    use_threads();
    _exit(0);
}

static _Noreturn void be_child(unsigned number)
{
    guard_seconds(60);
    DEMAND(look_at_all() > THREADS * SLOTS / 2);
    if (number % 3 == 0)
        take_over(number);
    if (number % 2 == 0)
        use_threads();
    if (number % 5 == 0)
        malloc_trim(0);
    pid_t grandchild = fork();
    DEMAND(grandchild >= 0);
    if (grandchild == 0)
        be_grandchild(number);
    take_over(number + 1);
    DEMAND(look_at_all() > THREADS * SLOTS / 2);
    wait_for_success(grandchild);
    _exit(0);
}

/* --- Programs started in between --- */

extern char **environ;

static void spawn_program(void)
{
    char *arguments[] = {"true", NULL};
    pid_t child;
    DEMAND(posix_spawnp(&child, "true", NULL, NULL, arguments, environ) == 0);
    wait_for_success(child);
}

static void vfork_program(void)
{
    char *arguments[] = {"sh", "-c", "exit 0", NULL};
    pid_t child = vfork();
    DEMAND(child >= 0);
    if (child == 0) {
        execvp("sh", arguments);
        _exit(1);
    }
    wait_for_success(child);
}

static void popen_program(void)
{
    char line[64] = "";
    FILE *stream = popen("echo hello", "r");
    DEMAND(stream != NULL && fgets(line, sizeof line, stream) != NULL);
    DEMAND(pclose(stream) == 0 && strcmp(line, "hello\n") == 0);
}

/* --- The parent --- */

/* Both write to the same block after the fork, wait for each other, and still find what they wrote. */
static void write_on_both_sides(void)
{
    int to_child[2], to_parent[2];
    char byte = 0;
    for (size_t size = 16; size <= 4 * MIB; size *= 8) {
        unsigned char *block = malloc(size);
        DEMAND(block != NULL && pipe(to_child) == 0 && pipe(to_parent) == 0);
        memset(block, 'a', size);
        pid_t child = fork();
        DEMAND(child >= 0);
        if (child == 0) {
            guard_seconds(30);
            memset(block, 'c', size);
            DEMAND(write(to_parent[1], "", 1) == 1 && read(to_child[0], &byte, 1) == 1);
            DEMAND(all_bytes(block, size, 'c'));
            free(block);
            _exit(0);
        }
        DEMAND(read(to_parent[0], &byte, 1) == 1);
        DEMAND(all_bytes(block, size, 'a'));
        memset(block, 'p', size);
        DEMAND(write(to_child[1], "", 1) == 1);
        wait_for_success(child);
        DEMAND(all_bytes(block, size, 'p'));
        free(block);
        for (int i = 0; i < 2; i++) {
            close(to_child[i]);
            close(to_parent[i]);
        }
    }
}

static void storm(unsigned forks)
{
    struct random random = {77};
    struct slot own = {false, NULL, 0};
    for (unsigned i = 0; i < forks; i++) {
        renew(&own, &random);
        pid_t child = fork();
        DEMAND(child >= 0);
        if (child == 0) {
            DEMAND(pattern_holds(own.block, own.size, key_of(own.block, 3)));
            be_child(i);
        }
        renew(&own, &random);
        wait_for_success(child);
        if (i % 30 == 10)
            spawn_program();
        if (i % 30 == 20)
            vfork_program();
        if (i % 100 == 25)
            popen_program();
    }
    free(own.block);
}

static bool has_given_back(const void *most)
{
    return memory_pss() <= *(const uint64_t *)most - 60 * MIB;
}

/*
 * The background thread was stopped for each fork. It comes again when the parent allocates, though not at
 * once, and gives back what is freed then.
 */
static void gives_back_afterwards(void)
{
    enum { BLOCKS = 20000 };
    const char *background = getenv("DEFRAGGER_BACKGROUND");
    if (!ours() || (background != NULL && strcmp(background, "0") == 0))
        return;
    sleep_ms(1000);
    void **blocks = calloc(BLOCKS, sizeof *blocks);
    DEMAND(blocks != NULL);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(4000);
        DEMAND(blocks[i] != NULL);
        memset(blocks[i], 1, 4000);
    }
    uint64_t most = memory_pss();
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    free(blocks);
    DEMAND(eventually(has_given_back, &most));
}

int main(int count, char **arguments)
{
    unsigned forks = count > 1 ? (unsigned)strtoul(arguments[1], NULL, 10) : 300;
    guard_seconds(120 + forks);
    DEMAND(pthread_atfork(before_fork, in_parent, in_child) == 0);
    for (size_t i = 0; i < THREADS; i++) {
        struct random random = {i};
        for (size_t j = 0; j < SLOTS; j++)
            renew(&slots[i][j], &random);
        DEMAND(pthread_create(&threads[i], NULL, work, slots[i]) == 0);
    }
    write_on_both_sides();
    storm(forks);
    write_on_both_sides();
    atomic_store(&stop, true);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    DEMAND(look_at_all() == THREADS * SLOTS);
    DEMAND(handled[0] >= forks && handled[1] >= forks && handled[2] == 0);
    gives_back_afterwards();
    printf("%u forks, %lu operations of the threads meanwhile\n", forks, atomic_load(&operations));
    return 0;
}

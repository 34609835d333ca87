/*
 * Mistakes of programs, each in a process of its own: a line on stderr names the call, the address and the
 * class of the mistake, then the process ends by SIGABRT; with DEFRAGGER_ON_ERROR=warn it goes on and works.
 *
 *   defrag-malloc-mistakes               all of them, in both ways, plain and hardened
 *   defrag-malloc-mistakes NAME ""       one of them; prints the address first
 */
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../check.h"
#include "support.h"

enum { BLOCKS = 3000 };

/* --- Verbs --- */

static void *take(size_t size)
{
    void *block = malloc(size);
    DEMAND(block != NULL);
    memset(block, 0x77, size);
    return opaque(block);
}

/* The report has to name this one. */
static void *announce(void *address)
{
    printf("address 0x%llx\n", (unsigned long long)(uintptr_t)address);
    return opaque(address);
}

static void give_others(size_t size)
{
    static void *others[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++)
        others[i] = take(size + i % 5 * 16);
    for (size_t i = 0; i < BLOCKS; i++)
        free(others[i]);
}

static void *in_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    void *result;
    DEMAND(pthread_create(&thread, NULL, function, argument) == 0);
    pthread_join(thread, &result);
    return result;
}

static void *free_it(void *block)
{
    free(block);
    return NULL;
}

/* --- Mistakes --- */

static void double_free(size_t size)
{
    void *block = take(size);
    free(announce(block));
    free(block);
}

static void double_free_small(void)
{
    double_free(40);
}

static void double_free_medium(void)
{
    double_free(100000);
}

static void double_free_large(void)
{
    double_free(20 * MIB);
}

static void double_free_second_last(void)
{
    void *block = take(64), *other = take(64);
    free(announce(block));
    free(other);
    free(block);
}

/* Other sizes: the block itself must not be handed out again meanwhile. */
static void double_free_after_others(void)
{
    void *block = take(64);
    free(announce(block));
    give_others(200);
    free(block);
}

static void double_free_after_trim(void)
{
    void *pin = take(64), *block = take(64);
    free(announce(block));
    malloc_trim(0);
    free(block);
    free(pin);
}

static void double_free_after_pages_went(void)
{
    void *block = take(3 * MIB);
    free(announce(block));
    malloc_trim(0);
    free(block);
}

static void double_free_of_ended_thread(void)
{
    void *block = take(64);
    in_thread(free_it, announce(block));
    free(block);
}

static void double_free_in_ended_thread(void)
{
    void *block = take(64);
    free(announce(block));
    in_thread(free_it, block);
}

static sem_t freed, may_end;

static void *free_and_wait(void *block)
{
    free(block);
    sem_post(&freed);
    sem_wait(&may_end);
    return NULL;
}

/* The block lies in the cache of another thread, so this may be seen only when a cache is emptied. */
static void double_free_of_living_thread(void)
{
    pthread_t thread;
    void *block = take(64);
    sem_init(&freed, 0, 0);
    sem_init(&may_end, 0, 0);
    DEMAND(pthread_create(&thread, NULL, free_and_wait, announce(block)) == 0);
    sem_wait(&freed);
    free(block);
    sem_post(&may_end);
    pthread_join(thread, NULL);
    malloc_trim(0);
}

static void double_free_aligned(void)
{
    void *block = memalign(4096, 10000);
    free(announce(block));
    free(opaque(block));
}

static void realloc_of_freed(void)
{
    void *block = take(64);
    free(announce(block));
    block = realloc(block, 500);
    (void)block;
}

static void realloc_of_freed_large(void)
{
    void *block = take(20 * MIB);
    free(announce(block));
    block = realloc(block, 30 * MIB);
    (void)block;
}

static void interior_small(void)
{
    char *block = take(1000);
    free(announce(block + 16));
}

static void interior_odd(void)
{
    char *block = take(1000);
    free(announce(block + 3));
}

static void interior_medium(void)
{
    char *block = take(200000);
    free(announce(block + 65536));
}

static void interior_large(void)
{
    char *block = take(20 * MIB);
    free(announce(block + 4 * MIB));
}

static void interior_realloc(void)
{
    char *block = take(1000);
    block = realloc(announce(block + 32), 2000);
    (void)block;
}

static void stack_address(void)
{
    _Alignas(16) char local[64];
    free(announce(local));
}

static void global_address(void)
{
    static _Alignas(16) char global[64];
    free(announce(global));
}

static void realloc_of_global(void)
{
    static _Alignas(16) char global[64];
    void *block = realloc(announce(global), 100);
    (void)block;
}

static void foreign_mapping(void)
{
    void *mapping = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    DEMAND(mapping != MAP_FAILED);
    free(announce(mapping));
}

static void wild_address(void)
{
    free(announce((void *)(uintptr_t)0x123450));
}

static void non_canonical_address(void)
{
    free(announce((void *)(uintptr_t)UINT64_C(0xdeadbeefdeadbee0)));
}

static const struct mistake {
    const char *name;
    void (*make)(void);
    const char *classes[2]; /* one of these words is in the report */
    bool late;              /* may be seen only afterwards */
    bool mapped;            /* a hardened free unmaps it at once, and then it is known no more */
} mistakes[] = {
    {"double-free-small", double_free_small, {"double free"}, false, false},
    {"double-free-medium", double_free_medium, {"double free"}, false, false},
    {"double-free-large", double_free_large, {"double free"}, false, true},
    {"double-free-second-last", double_free_second_last, {"double free"}, false, false},
    {"double-free-after-others", double_free_after_others, {"double free"}, false, false},
    {"double-free-after-trim", double_free_after_trim, {"double free"}, false, false},
    /* A mapping that is gone is known no more. */
    {"double-free-after-pages-went",
     double_free_after_pages_went,
     {"double free", "foreign pointer"},
     false,
     false},
    {"double-free-of-ended-thread", double_free_of_ended_thread, {"double free"}, false, false},
    {"double-free-in-ended-thread", double_free_in_ended_thread, {"double free"}, true, false},
    {"double-free-of-living-thread", double_free_of_living_thread, {"double free"}, true, false},
    {"double-free-aligned", double_free_aligned, {"double free"}, false, false},
    {"realloc-of-freed", realloc_of_freed, {"double free"}, false, false},
    {"realloc-of-freed-large", realloc_of_freed_large, {"double free"}, false, true},
    {"interior-small", interior_small, {"interior pointer"}, false, false},
    {"interior-odd", interior_odd, {"interior pointer", "foreign pointer"}, false, false},
    {"interior-medium", interior_medium, {"interior pointer"}, false, false},
    {"interior-large", interior_large, {"interior pointer"}, false, false},
    {"interior-realloc", interior_realloc, {"interior pointer"}, false, false},
    {"stack-address", stack_address, {"foreign pointer"}, false, false},
    {"global-address", global_address, {"foreign pointer"}, false, false},
    {"realloc-of-global", realloc_of_global, {"foreign pointer"}, false, false},
    {"foreign-mapping", foreign_mapping, {"foreign pointer"}, false, false},
    {"wild-address", wild_address, {"foreign pointer"}, false, false},
    {"non-canonical-address", non_canonical_address, {"foreign pointer"}, false, false},
};

/* --- One of them --- */

/* After a mistake that was only reported, no block is handed out twice. */
static void work_on(void)
{
    static unsigned char *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = i % 2 == 0 ? 64 : 16 + i;
        blocks[i] = take(size);
        pattern_fill(blocks[i], size, key_of(blocks[i], i));
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = i % 2 == 0 ? 64 : 16 + i;
        DEMAND(pattern_holds(blocks[i], size, key_of(blocks[i], i)));
        free(blocks[i]);
    }
    malloc_trim(0);
}

static int make_mistake(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(mistakes); i++)
        if (strcmp(name, mistakes[i].name) == 0) {
            mistakes[i].make();
            printf("passed\n");
            work_on();
            printf("worked on\n");
            return 0;
        }
    return 2;
}

/* --- All of them --- */

static unsigned count_lines(const char *text)
{
    unsigned lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* The line has the address that the child announced, and a class. */
static bool report_fits(const struct mistake *mistake, bool hardened, const struct outcome *outcome)
{
    char address[32] = "?";
    const char *announced = strstr(outcome->out, "address ");
    if (announced != NULL)
        sscanf(announced, "address %31s", address);
    const char *other = mistake->mapped && hardened ? "foreign pointer" : mistake->classes[1];
    bool class_fits = strstr(outcome->err, mistake->classes[0]) != NULL ||
                      (other != NULL && strstr(outcome->err, other) != NULL);
    return class_fits && strstr(outcome->err, address) != NULL &&
           strncmp(outcome->err, "defragger: ", 11) == 0;
}

static void judge(const struct mistake *mistake, bool hardened, bool warn, const struct outcome *outcome)
{
    unsigned before = check_failed;
    bool passed = strstr(outcome->out, "passed\n") != NULL;
    CHECK(report_fits(mistake, hardened, outcome));
    CHECK(count_lines(outcome->err) == 1);
    if (warn) {
        CHECK(exited_with(outcome->status, 0) && strstr(outcome->out, "worked on\n") != NULL);
    } else {
        CHECK(killed_by(outcome->status, SIGABRT));
        CHECK(!passed || mistake->late);
    }
    if (check_failed > before)
        printf("  in %s (%s): status 0x%x\n%s%s", mistake->name, warn ? "warn" : "abort",
               (unsigned)outcome->status, outcome->out, outcome->err);
}

static void test_mistakes(bool hardened)
{
    const char *setting = hardened ? "DEFRAGGER_HARDENED=1" : "DEFRAGGER_HARDENED=0";
    static struct outcome outcome;
    const char *const aborting[] = {setting, NULL}, *const asked[] = {setting, "DEFRAGGER_ON_ERROR=abort",
                                                                      NULL};
    const char *const warning[] = {setting, "DEFRAGGER_ON_ERROR=warn", NULL};
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        run_self(mistakes[i].name, "", i % 2 == 0 ? aborting : asked, &outcome);
        judge(&mistakes[i], hardened, false, &outcome);
        run_self(mistakes[i].name, "", warning, &outcome);
        judge(&mistakes[i], hardened, true, &outcome);
    }
}

int main(int count, char **arguments)
{
    guard_seconds(60);
    if (count == 3)
        return make_mistake(arguments[1]);
    if (!ours()) {
        printf("skipped: other allocators have their own words for mistakes\n");
        return SKIPPED;
    }
    test_mistakes(false);
    test_mistakes(true);
    return check_end();
}

/*
 * Allocation before main and after it: in preinit functions, constructors of all priorities, libraries that
 * are needed or opened, handlers at exit, destructors of threads' variables. Each says that it ran.
 *
 *   defrag-malloc-early LIBRARY           runs itself and looks at what it says
 *   defrag-malloc-early LIBRARY run       the program itself
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "early.h"
#include "support.h"

/* Blocks of the earliest times, freed in the latest. */
static struct kept {
    void *block;
    size_t size;
} kept[64];
static size_t kept_count;

static void keep(size_t size)
{
    struct kept *one = &kept[kept_count++];
    DEMAND(kept_count <= COUNT_OF(kept));
    one->size = size;
    one->block = malloc(size);
    DEMAND(one->block != NULL);
    pattern_fill(one->block, size, key_of(one->block, 1));
    free(calloc(7, size));
}

static void free_kept(size_t count)
{
    for (; count > 0 && kept_count > 0; count--) {
        const struct kept *one = &kept[--kept_count];
        DEMAND(pattern_holds(one->block, one->size, key_of(one->block, 1)));
        free(one->block);
    }
}

static void before_constructors(int count, char **arguments, char **environment)
{
    (void)count;
    (void)arguments;
    (void)environment;
    for (size_t size = 1; size <= 4 * MIB; size *= 4)
        keep(size);
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **,
                                                                              char **) = before_constructors;

__attribute__((constructor(101))) static void first_constructor(void)
{
    for (size_t size = 3; size <= 4 * MIB; size *= 5)
        keep(size);
}

__attribute__((constructor)) static void last_constructor(void)
{
    keep(100);
}

__attribute__((destructor(101))) static void last_destructor(void)
{
    free_kept(COUNT_OF(kept));
    free(malloc(100));
    printf("destructor 101\n");
    fflush(stdout);
}

__attribute__((destructor)) static void first_destructor(void)
{
    keep(500);
    free_kept(2);
    printf("destructor\n");
}

static void at_exit(void)
{
    keep(5000);
    free_kept(4);
    printf("at exit\n");
}

static void at_quick_end(int code, void *block)
{
    DEMAND(code == 0);
    free(block);
    printf("on exit\n");
}

/* What C++ uses for destructors of thread_local objects. */
extern int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *library);
extern void *__dso_handle;

static void end_object(void *object)
{
    DEMAND(all_bytes(object, 300, 0x44));
    free(object);
    free(malloc(20000));
    printf("thread's object\n");
}

static void *have_object(void *unused)
{
    void *object = malloc(300);
    DEMAND(object != NULL);
    memset(object, 0x44, 300);
    DEMAND(__cxa_thread_atexit_impl(end_object, object, &__dso_handle) == 0);
    return unused;
}

static void open_library(const char *path)
{
    for (int round = 0; round < 3; round++) {
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        DEMAND(library != NULL);
        void *symbol = dlsym(library, "early_opened"), *(*function)(void);
        DEMAND(symbol != NULL);
        memcpy(&function, &symbol, sizeof function);
        char *name = function();
        DEMAND(strcmp(name, "opened") == 0);
        DEMAND(dlclose(library) == 0);
        free(name);
    }
    DEMAND(dlopen(path, RTLD_NOW) != NULL); /* this one goes at the end */
    DEMAND(dlopen("/nothing/there.so", RTLD_NOW) == NULL && dlerror() != NULL);
}

static int run(const char *path)
{
    pthread_t thread;
    char *name = early_needed();
    DEMAND(strcmp(name, "needed") == 0);
    free(name);
    atexit(at_exit);
    on_exit(at_quick_end, malloc(77));
    open_library(path);
    DEMAND(pthread_create(&thread, NULL, have_object, NULL) == 0);
    pthread_join(thread, NULL);
    have_object(NULL); /* the main thread's goes at exit */
    printf("%zu blocks of early times\n", kept_count);
    return 0;
}

int main(int count, char **arguments)
{
    static const char *const expected[] = {
        "blocks of early times\n", "thread's object\n", "at exit\n",    "on exit\n", "destructor\n",
        "destructor 101\n",        "opened goes\n",     "needed goes\n"};
    static struct outcome outcome;
    if (count == 3)
        return run(arguments[1]);
    DEMAND(count == 2);
    run_self(arguments[1], "run", NULL, &outcome);
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        if (!CHECK(strstr(outcome.out, expected[i]) != NULL))
            printf("  it did not say %s", expected[i]);
    CHECK(exited_with(outcome.status, 0));
    if (check_failed > 0)
        printf("%s%s", outcome.out, outcome.err);
    return check_end();
}

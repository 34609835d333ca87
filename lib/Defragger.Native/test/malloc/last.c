/*
 * A process ends when the last of its own threads does, however that one ends and whatever the malloc still
 * has to do: a thread of ours is none of the program's. (Found by test_threading of CPython, which forks in a
 * thread.)
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

enum { BLOCKS = 100000, PATIENCE = 20000 }; /* milliseconds; only a test that fails waits so long */

/* From some MiB on the malloc has work, and a thread for it. */
static void give_work(void)
{
    static void *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++)
        DEMAND((blocks[i] = malloc(100)) != NULL);
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

static void *work(void *rest)
{
    give_work();
    sleep_ms((unsigned)(uintptr_t)rest);
    return NULL;
}

static void *work_after_main(void *rest)
{
    sleep_ms(100);
    return work(rest);
}

static void the_main_thread_ends(void)
{
    give_work();
    pthread_exit(NULL);
}

static void another_thread_ends_last(void *rest)
{
    pthread_t thread;
    give_work();
    DEMAND(pthread_create(&thread, NULL, work_after_main, rest) == 0);
    pthread_exit(NULL);
}

static void another_thread_ends_last_at_once(void)
{
    another_thread_ends_last(NULL);
}

/* After so long nothing is left to do. */
static void another_thread_ends_last_after_a_rest(void)
{
    another_thread_ends_last((void *)3000);
}

static void *fork_in_thread(void *child)
{
    give_work();
    *(pid_t *)child = fork();
    if (*(pid_t *)child == 0)
        give_work();
    return NULL; /* the child's only thread */
}

static void a_forked_thread_ends(void)
{
    static pid_t child;
    pthread_t thread;
    int status;
    DEMAND(pthread_create(&thread, NULL, fork_in_thread, &child) == 0);
    pthread_join(thread, NULL);
    DEMAND(waitpid(child, &status, 0) == child && exited_with(status, 0));
    exit(0);
}

static const struct test {
    const char *name;
    void (*program)(void);
} tests[] = {
    {"the main thread ends", the_main_thread_ends},
    {"another thread ends last, at once", another_thread_ends_last_at_once},
    {"another thread ends last, after a rest", another_thread_ends_last_after_a_rest},
    {"a forked thread ends", a_forked_thread_ends},
};

/* Not by an alarm: where all threads that are left block signals, it would wait too. */
static bool ends(void (*program)(void))
{
    int status = 0;
    pid_t group = fork();
    DEMAND(group >= 0);
    if (group == 0) {
        setpgid(0, 0);
        program();
    }
    for (int waited = 0; waited < PATIENCE; waited += 10) {
        if (waitpid(group, &status, WNOHANG) == group)
            return exited_with(status, 0);
        sleep_ms(10);
    }
    kill(-group, SIGKILL);
    waitpid(group, &status, 0);
    return false;
}

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(tests); i++)
        if (!ends(tests[i].program)) {
            printf("failed: %s, and the process does not\n", tests[i].name);
            failed = 1;
        }
    return failed;
}

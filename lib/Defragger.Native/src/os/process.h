/* The process and its surroundings: environment, clock, other threads, standard error. Nothing here
 * allocates. */
#ifndef DF_OS_PROCESS_H
#define DF_OS_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of an environment variable; NULL when it is not set, when the environment is not there yet, and
 * in programs that run with another's rights. */
const char *os_setting(const char *name);

/* Whether os_setting can answer: the dynamic linker calls malloc before libc has been set up. */
bool os_settings_are_there(void);

/* Milliseconds of a clock that never goes back; exact to some 4 ms, and cheap. */
uint64_t os_now(void);

/* Microseconds of a clock that never goes back. */
uint64_t os_now_exactly(void);

/* A number that differs from one start of a program to the next. */
uint64_t os_random(void);

/* The number that a file starts with, or `otherwise`. */
size_t os_read_number(const char *path, size_t otherwise);

/* Writes all of it; 0, or the errno of the first write that failed. */
int os_write(int descriptor, const void *bytes, size_t size);

/* Prepares os_barrier; false where the kernel has none. Again in the child of a fork. */
bool os_barrier_start(void);

/*
 * Orders what this thread did before with what every other thread of the process does after it: the costly
 * half of a barrier whose other half is free (membarrier, Linux 4.14).
 */
void os_barrier(void);

/* Whether an address lies in the C library or the dynamic linker; true as long as that is not known. */
bool os_is_libc(const void *code);

/* Notes where the C library and the dynamic linker are; from a constructor. */
void os_libraries_find(void);

/* Starts a thread with a small stack and no signals; false where that is not possible. It takes locks of the
 * C library. */
bool os_thread_start(void *(*run)(void *), uintptr_t *thread);
void os_thread_join(uintptr_t thread);

/* Whether the main thread has ended and this one is all that is left; false where that cannot be told. */
bool os_is_last_thread(void);

/* Threads of this process, an ended main thread among them; SIZE_MAX: that cannot be told. */
size_t os_thread_count(void);

/* Until os_resume no signal interrupts this thread, and it cannot be cancelled. */
struct os_held {
    sigset_t signals;
    int cancel;
};
struct os_held os_hold(void);
void os_resume(const struct os_held *held);

/* The process id: that of a child that lives in its parent's memory (vfork) is its own. */
int os_process(void);

#endif

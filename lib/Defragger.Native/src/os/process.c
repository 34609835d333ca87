/* See process.h. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool os_settings_are_there(void)
{
    return environ != NULL;
}

const char *os_setting(const char *name)
{
    return environ == NULL || getauxval(AT_SECURE) != 0 ? NULL : getenv(name);
}

uint64_t os_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

uint64_t os_now_exactly(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

uint64_t os_random(void)
{
    uint64_t number = 0;
    const void *bytes = (const void *)getauxval(AT_RANDOM); /* 16 of them, from the kernel */
    if (bytes != NULL)
        memcpy(&number, bytes, sizeof number);
    return number ^ (uint64_t)(uintptr_t)&number;
}

size_t os_read_number(const char *path, size_t otherwise)
{
    char text[24];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return otherwise;
    ssize_t length = read(file, text, sizeof text);
    close(file);
    size_t number = 0;
    ssize_t at = 0;
    for (; at < length && text[at] >= '0' && text[at] <= '9'; at++)
        number = number * 10 + (size_t)(text[at] - '0');
    return at > 0 ? number : otherwise;
}

/* Not by write(): that is where a thread may be cancelled, with locks held. */
int os_write(int descriptor, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        long written = syscall(SYS_write, descriptor, at, size);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            at += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

bool os_barrier_start(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void os_barrier(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

/* --- Where the C library is --- */

enum { LIBRARIES = 8 };

static struct code {
    uintptr_t start, end;
} libraries[LIBRARIES];

static size_t library_count;

/* glibc's and musl's, with the dynamic linker, by the names that their installations fix. */
static bool is_libc_name(const char *path)
{
    static const char *const names[] = {"libc.so", "libc-2.", "libpthread", "ld-linux",
                                        "ld-2.",   "ld-musl", "ld64.so"};
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static int visit(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size, (void)context;
    if (object->dlpi_name == NULL || !is_libc_name(object->dlpi_name))
        return 0;
    for (int i = 0; i < object->dlpi_phnum && library_count < LIBRARIES; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0)
            libraries[library_count++] = (struct code){start, start + part->p_memsz};
    }
    return 0;
}

void os_libraries_find(void)
{
    dl_iterate_phdr(visit, NULL);
}

bool os_is_libc(const void *code)
{
    if (library_count == 0)
        return true; /* linked statically, or not known yet: no code is surely not libc's */
    for (size_t i = 0; i < library_count; i++)
        if ((uintptr_t)code >= libraries[i].start && (uintptr_t)code < libraries[i].end)
            return true;
    return false;
}

/* --- A thread --- */

bool os_thread_start(void *(*run)(void *), uintptr_t *thread)
{
    pthread_attr_t attributes;
    pthread_t id;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN + 48 * 1024);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* the new thread inherits it: signals are the program's */
    int error = pthread_create(&id, &attributes, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error == 0)
        *thread = (uintptr_t)id;
    return error == 0;
}

void os_thread_join(uintptr_t thread)
{
    pthread_join((pthread_t)thread, NULL);
}

/* proc(5): "pid (name) state" and 16 numbers before that of the threads. A name may hold anything, and of
 * threads an ended main thread counts as one until the process ends. False: it cannot be told. */
static bool read_threads(char *state, size_t *threads)
{
    enum { BETWEEN = 17 };
    char text[512];
    int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    long length = syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    text[length > 0 ? length : 0] = '\0';
    const char *at = strrchr(text, ')');
    if (at == NULL || at[1] != ' ')
        return false;
    at += 2;
    *state = *at;
    for (int i = 0; i < BETWEEN && at != NULL; i++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return false;
    *threads = 0;
    for (at++; *at >= '0' && *at <= '9'; at++)
        *threads = *threads * 10 + (size_t)(*at - '0');
    return *threads > 0;
}

bool os_is_last_thread(void)
{
    char state;
    size_t threads;
    return read_threads(&state, &threads) && state == 'Z' && threads == 2;
}

size_t os_thread_count(void)
{
    char state;
    size_t threads;
    return read_threads(&state, &threads) ? threads : SIZE_MAX;
}

struct os_held os_hold(void)
{
    struct os_held held;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &held.signals);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &held.cancel);
    return held;
}

void os_resume(const struct os_held *held)
{
    pthread_setcancelstate(held->cancel, NULL);
    pthread_sigmask(SIG_SETMASK, &held->signals, NULL);
}

int os_process(void)
{
    return getpid();
}

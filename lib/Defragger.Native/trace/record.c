/* Records what a program asks of its heap, for LD_PRELOAD:
 *
 *   DEFRAG_RECORD=ls.raw LD_PRELOAD=libdefrag-record.so ls
 *
 * Every allocation function of glibc is wrapped: glibc does the work, a line tells it. The lines are those of
 * a trace without the head, which says the capacity: that is known only afterwards.
 *
 *   1. The lock is held over glibc's call and its line, so that the lines stand in the order of the calls:
 *      an address is never given to a second block before the first one's release is written.
 *   2. A slot is the number of a live block, the lowest free one. A resized block keeps its slot.
 *   3. Sizes are those that were asked for. A call that failed has no line.
 *   4. Only the first process that finds the file missing records: neither a child after fork, nor a program
 *      that such a child runs.
 *   5. Blocks from before the start (the dynamic linker's) are unknown: their release has no line, and their
 *      resize is a new block's.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "block_table.h"
#include "log.h"
#include "slot_set.h"

#define EXPORT __attribute__((visibility("default")))

enum { DEFAULT_ALIGNMENT = 16, PAGE = 4096 };

/* glibc's own, under the names that nothing wraps. No dlsym: that one allocates before it answers. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --- What happened, with the lock held --- */

static void write_line(char letter, int32_t slot, size_t size, size_t alignment)
{
    size_t numbers[] = {(size_t)slot, size, alignment};
    log_line(letter, numbers, letter == 'f' ? 1 : alignment == DEFAULT_ALIGNMENT ? 2 : 3);
}

static void note_new(char letter, const void *block, size_t size, size_t alignment)
{
    if (block == NULL || !log_is_open())
        return;
    int32_t slot = slot_take();
    if (slot < 0 || !block_add(block, slot)) {
        log_close(); /* no room for more: the trace ends before it would be wrong */
        return;
    }
    write_line(letter, slot, size, alignment);
}

static void note_release(const void *block)
{
    int32_t slot = block == NULL || !log_is_open() ? -1 : block_remove(block);
    if (slot < 0)
        return;
    write_line('f', slot, 0, DEFAULT_ALIGNMENT);
    slot_release(slot);
}

static void note_resize(const void *old, const void *block, size_t size)
{
    int32_t slot = log_is_open() ? block_remove(old) : -1;
    if (slot < 0)
        note_new('a', block, size, DEFAULT_ALIGNMENT);
    else if (block_add(block, slot))
        write_line('r', slot, size, DEFAULT_ALIGNMENT);
    else
        log_close();
}

/* --- The wrapped functions --- */

EXPORT void *malloc(size_t size)
{
    pthread_mutex_lock(&lock);
    void *block = __libc_malloc(size);
    note_new('a', block, size, DEFAULT_ALIGNMENT);
    pthread_mutex_unlock(&lock);
    return block;
}

EXPORT void *calloc(size_t count, size_t size)
{
    pthread_mutex_lock(&lock);
    void *block = __libc_calloc(count, size);
    note_new('z', block, count * size, DEFAULT_ALIGNMENT); /* no overflow: glibc gave a block */
    pthread_mutex_unlock(&lock);
    return block;
}

EXPORT void free(void *block)
{
    int saved = errno; /* free keeps it (POSIX 2024), and the line's write may not */
    pthread_mutex_lock(&lock);
    note_release(block);
    __libc_free(block);
    pthread_mutex_unlock(&lock);
    errno = saved;
}

EXPORT void *realloc(void *old, size_t size)
{
    if (old == NULL)
        return malloc(size);
    if (size == 0) { /* glibc's meaning */
        free(old);
        return NULL;
    }
    pthread_mutex_lock(&lock);
    void *block = __libc_realloc(old, size);
    if (block != NULL)
        note_resize(old, block, size);
    pthread_mutex_unlock(&lock);
    return block;
}

EXPORT void *reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, bytes);
}

static size_t power_of_two_from(size_t alignment)
{
    size_t power = 1;
    while (power < alignment && power <= SIZE_MAX / 2)
        power *= 2;
    return power;
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    pthread_mutex_lock(&lock);
    void *block = __libc_memalign(alignment, size);
    note_new('a', block, size, power_of_two_from(alignment)); /* glibc rounds up so, too */
    pthread_mutex_unlock(&lock);
    return block;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

EXPORT int posix_memalign(void **result, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    int saved = errno;
    void *block = memalign(alignment, size);
    errno = saved;
    if (block == NULL)
        return ENOMEM;
    *result = block;
    return 0;
}

EXPORT void *valloc(size_t size)
{
    return memalign(PAGE, size);
}

EXPORT void *pvalloc(size_t size)
{
    size_t up;
    if (__builtin_add_overflow(size, (size_t)PAGE - 1, &up)) {
        errno = ENOMEM;
        return NULL;
    }
    return memalign(PAGE, up / PAGE * PAGE);
}

/* --- Start and end --- */

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

static void after_fork_in_child(void)
{
    log_abandon();
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("DEFRAG_RECORD");
    if (path == NULL || *path == '\0')
        return;
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
    pthread_mutex_lock(&lock);
    log_open(path);
    pthread_mutex_unlock(&lock);
}

__attribute__((destructor)) static void end(void)
{
    pthread_mutex_lock(&lock);
    log_close();
    pthread_mutex_unlock(&lock);
}

/* A program that ends without its exit handlers, as one does that wants to end with its heap as it is. */
EXPORT _Noreturn void _exit(int status)
{
    end();
    _Exit(status);
}

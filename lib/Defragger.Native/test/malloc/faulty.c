/*
 * Faults in front of the C library's malloc, one at a time (DEFRAG_TEST_FAULT), for tests of the tests: each
 * must be noticed by the program that looks for it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FRONT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);
extern void *__libc_memalign(size_t alignment, size_t size);

static bool faulty(const char *fault)
{
    static const char *chosen;
    if (chosen == NULL && (chosen = getenv("DEFRAG_TEST_FAULT")) == NULL)
        return false;
    return strcmp(chosen, fault) == 0;
}

FRONT void *malloc(size_t size)
{
    static _Atomic unsigned count;
    static _Atomic(void *) last;
    if (faulty("twice") && size == 1000 && atomic_fetch_add(&count, 1) % 50 == 49)
        return atomic_load(&last);
    void *block = __libc_malloc(size);
    if (size == 1000)
        atomic_store(&last, block);
    return faulty("errno") && block == NULL ? (errno = 0, NULL) : block;
}

FRONT void *calloc(size_t count, size_t size)
{
    if (faulty("overflow"))
        return __libc_calloc(1, count * size & 0xFFFFF);
    void *block = __libc_calloc(count, size);
    if (faulty("zeros") && block != NULL && count * size > 100)
        ((unsigned char *)block)[count * size - 1] = 1;
    return block;
}

FRONT void *realloc(void *block, size_t size)
{
    void *moved = __libc_realloc(block, size);
    if (faulty("resize") && moved != NULL && block != moved && size > 5000)
        ((unsigned char *)moved)[2500] ^= 1;
    return moved;
}

FRONT void free(void *block)
{
    if (faulty("free-errno"))
        errno = EINVAL;
    if (!faulty("leak"))
        __libc_free(block);
}

FRONT void *memalign(size_t alignment, size_t size)
{
    return __libc_memalign(faulty("aligned") && alignment > 64 ? alignment / 2 : alignment, size);
}

/* See libc.h. */
#include "libc.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

/* Weak, since a program that is linked statically must not take glibc's malloc in beside ours. */
__attribute__((weak)) extern void *__libc_malloc(size_t);
__attribute__((weak)) extern void *__libc_calloc(size_t, size_t);
__attribute__((weak)) extern void *__libc_memalign(size_t, size_t);
__attribute__((weak)) extern void *__libc_realloc(void *, size_t);
__attribute__((weak)) extern void __libc_free(void *);
#pragma weak dlsym

enum { MALLOC_ALIGNMENT = 16 };

bool libc_has_malloc(void)
{
    return __libc_malloc != NULL && __libc_calloc != NULL && __libc_memalign != NULL &&
           __libc_realloc != NULL && __libc_free != NULL;
}

void *libc_allocate(size_t size, size_t alignment, bool zeroed)
{
    if (alignment > MALLOC_ALIGNMENT)
        return __libc_memalign(alignment, size); /* nobody asks for zeros at an alignment */
    return zeroed ? __libc_calloc(1, size) : __libc_malloc(size);
}

void *libc_resize(void *block, size_t size)
{
    return __libc_realloc(block, size);
}

void libc_free(void *block)
{
    __libc_free(block);
}

/* --- What glibc has under no other name: the next definition after ours --- */

/* Looked up once: some programs ask for the size of every block. A pointer to a function cannot be had from
 * one to data but by its bytes. */
static bool find(_Atomic(void *) *known, const char *name, void *function, size_t size)
{
    void *symbol = atomic_load_explicit(known, memory_order_relaxed);
    if (symbol == NULL && dlsym != NULL) {
        symbol = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(known, symbol, memory_order_relaxed);
    }
    memcpy(function, &symbol, size);
    return symbol != NULL;
}

size_t libc_usable_size(void *block)
{
    static _Atomic(void *) known;
    size_t (*usable_size)(void *);
    return find(&known, "malloc_usable_size", &usable_size, sizeof usable_size) ? usable_size(block) : 0;
}

int libc_trim(size_t pad)
{
    static _Atomic(void *) known;
    int (*trim)(size_t);
    return find(&known, "malloc_trim", &trim, sizeof trim) ? trim(pad) : 0;
}

struct mallinfo2 libc_mallinfo2(void)
{
    static _Atomic(void *) known;
    struct mallinfo2 (*info)(void);
    return find(&known, "mallinfo2", &info, sizeof info) ? info() : (struct mallinfo2){0};
}

void libc_print(void)
{
    static _Atomic(void *) known;
    void (*print)(void);
    if (find(&known, "malloc_stats", &print, sizeof print))
        print();
}

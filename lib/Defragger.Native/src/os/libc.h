/*
 * The C library's own malloc, beneath ours: where every call goes when ours is switched off. By the names
 * that glibc keeps for allocators that replace it.
 */
#ifndef DF_OS_LIBC_H
#define DF_OS_LIBC_H

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>

/* False: this C library has no such names, or is linked statically and its malloc with ours in its place. */
bool libc_has_malloc(void);

void *libc_allocate(size_t size, size_t alignment, bool zeroed);
void *libc_resize(void *block, size_t size);
void libc_free(void *block);

/* What is not there gives 0. */
size_t libc_usable_size(void *block);
int libc_trim(size_t pad);
struct mallinfo2 libc_mallinfo2(void);
void libc_print(void);

#endif

/*
 * What the C library's names (symbols.c) do when the short way does not apply: a first call, an empty or a
 * full bin, a block that is not small, a mistake, the hardened mode, a recording.
 */
#ifndef DF_FRONT_H
#define DF_FRONT_H

#include <stdbool.h>
#include <stddef.h>

/* `caller` is the code that called malloc: pace.h says what for. NULL and ENOMEM: there is no memory. */
void *front_allocate(size_t size, size_t alignment, bool zeroed, const void *caller);

/* Keeps errno. `call` is the function's name, for reports. */
void front_free(void *block, const char *call, const void *caller);

/* NULL and ENOMEM: there is no memory, and the block stays as it is. */
void *front_resize(void *block, size_t size, const void *caller);

/* Bytes that may be used; 0 of NULL. */
size_t front_usable_size(void *block);

#endif

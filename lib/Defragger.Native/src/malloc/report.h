/* Mistakes of the program: one line on stderr, then abort, or on (DEFRAGGER_ON_ERROR=warn). */
#ifndef DF_REPORT_H
#define DF_REPORT_H

#include <stdint.h>

enum mistake {
    DOUBLE_FREE,    /* the block has been freed before */
    FREED_TWICE,    /* the same, or it has been written to since */
    INSIDE_A_BLOCK, /* a pointer into a block, not to its start */
    FOREIGN,        /* never handed out by this allocator */
};

/* `call` is the function that was called wrongly; `distance` bytes into a block of `size` bytes, for
 * INSIDE_A_BLOCK. */
void report_mistake(const char *call, const void *address, enum mistake mistake, uint64_t distance,
                    uint64_t size);

#endif

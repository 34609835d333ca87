/* Mistakes that programs make with malloc, as functions. */
#ifndef DF_TEST_MALLOC_MISTAKES_H
#define DF_TEST_MALLOC_MISTAKES_H

#include <stdbool.h>
#include <stddef.h>

struct mistake {
    const char *name;
    void (*make)(void);
    const char *classes[2]; /* one of these words is in the report */
    bool late;              /* may be seen only afterwards */
    bool mapped;            /* a hardened free unmaps it at once, and then it is known no more */
};

extern const struct mistake mistakes[];
extern const size_t mistake_count;

#endif

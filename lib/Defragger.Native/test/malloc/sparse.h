/* What the tests of merging share: a heap whose pages hold little, as one has that has freed 99 % of its
 * blocks. */
#ifndef DF_TEST_MALLOC_SPARSE_H
#define DF_TEST_MALLOC_SPARSE_H

#include "api.h"

struct survivor {
    unsigned char *block;
    size_t size;
    uint64_t key; /* of its pattern */
};

/* Takes `count` blocks of 16 to 160 bytes, and frees all but one in about `share` of them, at random. */
struct sparse {
    struct survivor *survivors; /* in static memory, not from malloc */
    size_t count;
};
enum { SPARSE_MOST = 40000 };
struct sparse sparse_make(struct survivor survivors[SPARSE_MOST], size_t count, uint32_t share,
                          uint64_t seed);

/* Writes to all of them, with another key. */
void sparse_write(struct sparse *sparse, uint64_t seed);
/* Whether each has the bytes that were written last. */
bool sparse_holds(const struct sparse *sparse);
void sparse_free(struct sparse *sparse);

/* df_compact and its statistics, of whatever library is loaded. */
uint64_t compact_all(void);
struct df_compact_statistics compact_statistics(void);
/* Whether it merged; else the reason is printed. */
bool compact_merges(void);
/* The answer of df_compact, now. */
enum df_compact_answer compact_answer(void);

#endif

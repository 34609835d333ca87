/*
 * What the process occupies, read without allocating anything: the reading must not change the heap it is
 * about.
 */
#ifndef BENCH_GAUGE_H
#define BENCH_GAUGE_H

#include <stdint.h>

struct gauge {
    /* Pss without LazyFree: a page shared with other processes counts by its share, one mapped twice here
     * counts once, and one that the kernel may take at any time (MADV_FREE) does not count. */
    uint64_t held;
    uint64_t resident; /* Rss, as top and ps show it */
};

struct gauge gauge_read(void);

/* The highest resident size that the process has had (VmHWM). */
uint64_t gauge_most_resident(void);

/* Asks the allocator of this process to return what it can, by the call that it has for that. */
void gauge_trim(void);

#endif

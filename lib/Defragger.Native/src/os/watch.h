/*
 * Which pages of a range are written to while it is watched: asynchronous write protection of userfaultfd,
 * which the kernel lifts by itself at the first write (some 1 us), and PAGEMAP_SCAN (Linux 6.7). Any process
 * may have that, for nobody ever waits.
 *
 * The descriptor stays open meanwhile, and is none of the lowest numbers. A program that closes all it does
 * not know ends the watch; whether it is still ours is asked before it is used.
 *
 * Addresses and sizes are multiples of DF_PAGE. Nothing here allocates. Functions may change errno.
 */
#ifndef DF_OS_WATCH_H
#define DF_OS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct os_watch {
    bool is_on;
    int descriptor;
    dev_t device; /* with `file`, what the descriptor is of */
    ino_t file;
    void *at;
    size_t size;
};

/* False: it cannot be watched here. */
bool os_watch_begin(struct os_watch *watch, void *at, size_t size);

/* Sets the bits of the pages that have been written to since. False: it cannot be told any more. */
bool os_watch_read(const struct os_watch *watch, uint64_t *written);

/* Ends it, if it is on. */
void os_watch_end(struct os_watch *watch);

#endif

/*
 * What keeps everybody from writing to pages while they are copied and mapped anew: a store in between would
 * be lost. docs/merging.md has the argument.
 *
 *   ALONE      this thread is the only one of the process, its signals are blocked, and no I/O is under way
 *              that writes by itself
 *   PROTECTED  there are others, and who of them writes to a page sleeps in the kernel until it has been
 * mapped (os/protect.h); no I/O is under way that goes past that: none that writes by itself, and no block is
 * large enough for direct I/O (DIRECT_LEAST)
 */
#ifndef DF_WRITERS_H
#define DF_WRITERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "defragger.h"

enum { DIRECT_LEAST = 32 }; /* granules, 512 bytes: the least that direct I/O writes */

struct writers {
    bool alone;
    int protection; /* -1: there is none */
    int pages;      /* os_pages_open */
};

/* With signals blocked, and in our own thread (is_ours), or when it has ended, maybe just before
 * (had_thread). What forbids it, or DF_COMPACTED. */
enum df_compact_answer writers_stop(struct writers *writers, bool is_ours, bool had_thread);

void writers_go_on(struct writers *writers);

/* From here on nobody writes to a page; false: somebody might. */
bool writers_keep_off(const struct writers *writers, void *page);

/* The page has been mapped anew, or stays as it was. */
void writers_let_on(const struct writers *writers, void *page, bool mapped);

#endif

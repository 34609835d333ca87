/*
 * Merging of pages: what a few live blocks hold of several pages is put on one, and every address stays
 * (docs/merging.md). The heap plans which pages go together (core/merge.c); here that is carried out, where
 * nobody can write meanwhile.
 *
 *     what was written to since   pages that have got memory of their own are noticed, and are ordinary again
 *     what is cached              goes to the heap: what is left on a page is in use
 *     plan                        groups of pages whose live granules are disjoint
 *     proof                       that nobody writes: writers.h
 *     carry out                   a store (os/store.h) for each 64 groups: copy, seal, map, hold
 *     clear up                    pages that were written to and fit nowhere get a mapping of their own again
 *
 * Signals wait meanwhile. One compaction at a time; a second one does nothing.
 *
 *   1. A page is mapped to a store only while its bytes cannot change between the copy and the mapping.
 *   2. What fails leaves a page as it is.
 *   3. Of the mappings that the system allows a process, all this takes at most a quarter, and never more
 * than half of what is left.
 */
#ifndef DF_COMPACT_H
#define DF_COMPACT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* As df_compact. */
uint64_t compact(uint64_t budget);

/*
 * DEFRAGGER_MERGE=auto: a step of the pace, after free pages have been given back. A program that rests (what
 * is live has hardly changed since the last step) and whose pages are mostly not live is compacted: at once
 * where that is possible from here, `is_ours` being true in our own thread; else its next call that may does
 * it (compact_is_wanted). Where half of the pages have been written to by the next time, the pause until then
 * doubles, from 4 s to 17 minutes. Once it was a sixteenth, all pages are watched for a second before
 * (os/watch.h), and those that are written to in it are left alone. True: it goes on with the next step.
 */
bool compact_step(bool is_ours);

extern _Atomic bool compact_wanted;

static inline bool compact_is_wanted(void)
{
    return atomic_load_explicit(&compact_wanted, memory_order_relaxed);
}

/* What was wanted, by a thread of the program. */
void compact_as_wanted(void);

/* Before everything else that a fork locks, and after it. */
void compact_fork_prepare(void);
void compact_fork_parent(void);
void compact_fork_child(void);

/* Notes which process this is: one that shares its memory with its parent (vfork) does not compact. */
void compact_start(void);

#endif

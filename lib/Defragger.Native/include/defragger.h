/*
 * defragger.h: the allocator of a process, beyond malloc.
 *
 * libdefragger.so (preloaded or linked) and libdefragger.a (linked) serve malloc, free and their family; a
 * program needs none of this header for that. These functions are for those who want to look inside or to set
 * something themselves. All may be called by any thread at any time but from a signal handler, and none of
 * them allocates.
 *
 * Environment, read once when the library starts and ignored in programs that run with another's rights
 * (AT_SECURE); a value that is not understood gives one line on stderr, and the default:
 *
 *   DEFRAGGER=on|off                off: every call goes on to the C library's own malloc (on)
 *   DEFRAGGER_BACKGROUND=1|0        a thread of our own gives memory back while the program rests (1)
 *   DEFRAGGER_DECAY_MS=0..3600000   how long freed memory waits for its next use (1000)
 *   DEFRAGGER_CACHE=0..2048         blocks of a size that a thread keeps at most (2048)
 *   DEFRAGGER_ON_ERROR=abort|warn   what a wrong free does after its report (abort)
 *   DEFRAGGER_HARDENED=0|1          guard pages around large blocks, shuffled addresses, zeros on free (0)
 *   DEFRAGGER_MERGE=off|on|auto     sparse pages are merged: not at all, on request, or by itself too (on)
 *   DEFRAGGER_MERGE=ksm             both, by the kernel's KSM where that runs; not with DEFRAGGER_HARDENED=1
 *   DEFRAGGER_RECORD=PATH           records all from the start, as df_malloc_record_start does
 *   DEFRAGGER_STATISTICS=0|1        prints df_malloc_print to stderr when the program exits (0)
 *
 * In PATH, %p is the process id, and then the children of forks record too, each into a file of its own. A
 * program that becomes another (exec) keeps its id: the file of the second has ".2" behind its name.
 */
#ifndef DEFRAGGER_H
#define DEFRAGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DF_MALLOC_API __attribute__((visibility("default")))

/* Bytes, unless it says count. Taken under the allocator's locks, so the sums agree with each other. */
struct df_malloc_statistics {
    uint64_t live;          /* in blocks that the program holds, rounded up to what they occupy */
    uint64_t live_blocks;   /* count of them */
    uint64_t cached;        /* in blocks that threads keep for their next request */
    uint64_t cached_blocks; /* count */
    uint64_t committed;     /* of the arenas: usable, whether touched or not */
    uint64_t reserved;      /* of address space */
    uint64_t pinned;        /* of the arenas' pages that hold a live or cached byte */
    uint64_t dirty;         /* of the arenas' pages that hold none and have not been given back yet */
    uint64_t large;         /* in large blocks, each a mapping of its own */
    uint64_t large_blocks;  /* count */
    uint64_t large_cached;  /* in mappings that wait for their next use */
    uint64_t metadata;      /* of address space that describes all this; about a third of it is touched */
    uint64_t purged;        /* given back to the system since the start */
    uint64_t purges;        /* count of system calls for it */
    uint32_t arenas;        /* count */
    uint32_t threads;       /* count of threads with a cache */
};

DF_MALLOC_API void df_malloc_statistics(struct df_malloc_statistics *statistics);

/* Prints them, with their units, to a file descriptor. */
DF_MALLOC_API void df_malloc_print(int fd);

/* Gives back at once all that can be given back: caches of all threads, free pages, waiting mappings. Gives
 * the bytes. malloc_trim(0) calls it. */
DF_MALLOC_API uint64_t df_malloc_trim(void);

/*
 * Merges pages that only a few live blocks keep from being given back: several are put on one page of memory,
 * and every address stays valid. Who writes to such a page gets a copy of his own; fork is right by itself.
 * The caches of all threads are emptied before. Free pages are not given back by this (they will be a second
 * after they were last needed); df_malloc_trim does both.
 *
 * It is done only where it is certain that nobody writes meanwhile: when this is the only thread, or where
 * the kernel lets the process hold up those who write (userfaultfd with CAP_SYS_PTRACE, an accessible
 * /dev/userfaultfd, or vm.unprivileged_userfaultfd=1). Signals to this thread wait until it is done. Begins
 * nothing new after `budget_us` microseconds, and goes on from there the next time; a step takes a few
 * milliseconds. Gives the bytes of memory that were given back; 0 when it is not possible or not worth it:
 * df_compact_statistics tells why. docs/merging.md has the design and its limits.
 *
 * With DEFRAGGER_MERGE=ksm pages are made alike and the kernel merges them, in seconds: any thread may write
 * meanwhile, and what is given is what that will save.
 */
DF_MALLOC_API uint64_t df_compact(uint64_t budget_us);

/* What came of a compaction. */
enum df_compact_answer {
    DF_COMPACT_NEVER,        /* there has been none */
    DF_COMPACTED,            /* all was done that is worth it */
    DF_COMPACT_BUDGET,       /* its time ended before */
    DF_COMPACT_LITTLE,       /* there is too little to gain: less than 1 MiB */
    DF_COMPACT_OFF,          /* DEFRAGGER_MERGE=off, or DEFRAGGER=off */
    DF_COMPACT_THREADS,      /* there are other threads, and the kernel does not let us hold them up */
    DF_COMPACT_ASYNCHRONOUS, /* io_uring, AIO, RDMA or VFIO may write to memory by itself */
    DF_COMPACT_BORROWED,     /* the memory is another process's: a child between vfork and exec */
    DF_COMPACT_IMPOSSIBLE,   /* pages are not 4 KiB, RLIMIT_FSIZE is too low, or /proc cannot be read */
    DF_COMPACT_LOCKED,       /* memory is locked (mlock) */
    DF_COMPACT_SHUT,         /* memory of the heap cannot be read and written any more (mprotect) */
    DF_COMPACT_MAPPINGS,     /* it would take more mappings than it may */
    DF_COMPACT_MEMORY,       /* there is no memory or no descriptor for it */
    DF_COMPACT_KSM,          /* DEFRAGGER_MERGE=ksm, and KSM does not run, or this kernel has none */
};

/* The text of an answer, for people. */
DF_MALLOC_API const char *df_compact_reason(enum df_compact_answer answer);

struct df_compact_statistics {
    uint64_t merged;       /* bytes of pages that share memory now */
    uint64_t stored;       /* bytes of the memory that they share, with what is no longer shown of it */
    uint64_t saved;        /* bytes that a memory cgroup is charged less than without */
    uint64_t mappings;     /* count of mappings that this takes, at most */
    uint64_t merges;       /* count of pages that were merged since the start */
    uint64_t unmerges;     /* count of those that were found written to since */
    uint64_t compactions;  /* count of those that merged anything */
    uint64_t microseconds; /* that all compactions took */
    enum df_compact_answer answer; /* of the last */
    uint64_t offered;              /* bytes of pages that are to share memory; with KSM `merged` gets there */
};

/* Pages that were written to since the last compaction still count as merged. */
DF_MALLOC_API void df_compact_statistics(struct df_compact_statistics *statistics);

/*
 * Writes a picture of the heap as text, a line an item: "arena BASE COMMITTED", then "block OFFSET LENGTH"
 * and "free OFFSET LENGTH" for each of its items in address order (cached blocks are blocks), then "dirty
 * OFFSET LENGTH" for each range of free pages that has not been given back, from the highest down; "large
 * ADDRESS LENGTH" for each large block; then "end". Other threads wait meanwhile. 0, or an errno.
 */
DF_MALLOC_API int df_malloc_snapshot(int fd);

/*
 * Records every operation from now on, each thread into a part of its own of a file that must not exist yet
 * (mode 0600). The format is that of lib/Defragger.Native/src/malloc/record.h. What is recorded is in the
 * file at once, also when the process is killed. The child of a fork does not record. A full disk ends the
 * recording. 0, or an errno: EBUSY until a recording has been stopped.
 */
DF_MALLOC_API int df_malloc_record_start(const char *path);

/* Ends it, and writes what is buffered; the end of the program does too. 0, also when there is none, or the
 * errno of the first write that failed. */
DF_MALLOC_API int df_malloc_record_stop(void);

enum df_merge { DF_MERGE_OFF, DF_MERGE_ON, DF_MERGE_AUTO, DF_MERGE_KSM };

/* What the environment set, or the default: see above. */
struct df_malloc_settings {
    bool enabled;
    bool background;
    bool warn; /* on a mistake; else abort */
    bool hardened;
    bool statistics;
    uint32_t decay_ms;
    uint32_t cache;
    enum df_merge merge;
};

DF_MALLOC_API void df_malloc_settings(struct df_malloc_settings *settings);

/* "0.1.0" */
DF_MALLOC_API const char *df_malloc_version(void);

#ifdef __cplusplus
}
#endif
#endif

/*
 * Address space and pages: the only file but process.h and lock.h through which the malloc asks Linux.
 *
 * Addresses and sizes are multiples of DF_PAGE, but for the sizes of sparse tables. Nothing here allocates.
 * Functions may change errno.
 */
#ifndef DF_OS_MEMORY_H
#define DF_OS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Address space without memory (PROT_NONE: it counts against no limit but RLIMIT_AS) at a multiple of
 * alignment, with an inaccessible page on either side; NULL: there is none. */
void *os_reserve(size_t size, size_t alignment);

/* Makes a part of a reservation usable; it reads as zeros. */
bool os_commit(void *at, size_t size);

/* Makes pages present, if the kernel can (Linux 5.14). */
void os_touch(void *at, size_t size);

/* Usable memory of zeros at a multiple of alignment, a power of two of at least DF_PAGE; NULL: there is none.
 */
void *os_map(size_t size, size_t alignment);

/* The same for tables that are mostly empty: not counted against overcommit, never huge pages. */
void *os_map_sparse(size_t size);

void os_unmap(void *at, size_t size);

/* Makes a mapping shorter or longer, elsewhere if need be; NULL: it stays as it was. */
void *os_remap(void *at, size_t size, size_t new_size);

/* Makes a page of a mapping inaccessible: who runs into it is stopped. */
bool os_guard(void *at, size_t size);

/*
 * Keeps huge pages away. Giving back a part of one gives nothing back: the kernel charges for it until all of
 * it is free.
 */
void os_no_huge_pages(void *at, size_t size);

enum { OS_PURGE_MOST = 128 }; /* ranges of one call */

/*
 * Gives the pages of the ranges back: they read as zeros. Gives how many ranges were, from the first on: less
 * than count when the next cannot be (memory that is locked). One system call where the kernel has
 * process_madvise for its own process (Linux 6.13): 0.6 us a scattered page instead of 1.8.
 */
size_t os_purge(struct iovec *ranges, size_t count);

/* vm.max_map_count: mappings that a process may have. */
size_t os_mappings_most(void);

/* Whether the kernel promises only memory that it has (vm.overcommit_memory = 2). */
bool os_commits_strictly(void);

/* RLIMIT_AS; SIZE_MAX: there is none. */
size_t os_address_space_most(void);

#endif

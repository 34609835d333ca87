/*
 * Pages in a file that has no name and cannot change: several addresses may show one of them, each as private
 * memory (MAP_PRIVATE). Who writes gets a copy of his own, from the kernel, and nobody else sees it; a fork
 * needs no care, for the child's mappings are as private.
 *
 * The file is closed once it is mapped: from then on its mappings keep it, in this process and in its
 * children, and with the last of them the kernel takes its memory back. No descriptor stays that a program
 * could close, or inherit.
 *
 * Addresses and sizes are multiples of DF_PAGE. Nothing here allocates. Functions may change errno.
 */
#ifndef DF_OS_STORE_H
#define DF_OS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether this process may have such files at all: the kernel's pages are DF_PAGE, and files may be so long
 * (RLIMIT_FSIZE ends a process that writes more). */
bool os_store_is_possible(size_t size);

/* A file of these bytes, sealed: nobody can write to it, shorten it or lift the seals. -1: there is none. */
int os_store_make(const void *bytes, size_t size);

void os_store_close(int store);

/* Shows a part of a store in place of the pages that are there; false: all is as it was. */
bool os_store_map(void *at, size_t size, int store, size_t offset);

/* Puts fresh memory of zeros in place of the pages that are there, such as os_no_huge_pages leaves it; false:
 * all is as it was. */
bool os_map_fresh(void *at, size_t size);

/* What the kernel knows of pages; -1: it does not tell. */
int os_pages_open(void);
void os_pages_close(int pages);

/* Whether each of `count` pages, at most OS_PAGES_MOST, has memory of its own: in a mapping of a store, it
 * has been written to. False: it cannot be told. */
enum { OS_PAGES_MOST = 512 };
bool os_pages_own(int pages, const void *at, size_t count, bool *own);

/* Whether a page is protected (protect.h). False: it cannot be told. */
bool os_page_is_protected(int pages, const void *at, bool *is_protected);

/* The mappings of this process: how many; whether one of them belongs to I/O that goes on by itself (AIO,
 * io_uring); and whether one between two addresses cannot be read and written. All of it true, and as many as
 * can be, where that cannot be told. */
struct os_mappings {
    size_t count;
    bool asynchronous, shut;
};
struct os_mappings os_mappings_now(const void *from, const void *to);

/* Whether any memory of this process is locked. */
bool os_has_locked_memory(void);

/* Whether a descriptor of this process lets others write to its memory without its threads: io_uring, RDMA,
 * VFIO. True also where that cannot be told. */
bool os_has_asynchronous_io(void);

#endif

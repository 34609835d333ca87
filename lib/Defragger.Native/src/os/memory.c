/* See memory.h. */
#include "memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "defragger_heap.h"
#include "process.h"

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

/* PIDFD_SELF_THREAD_GROUP: this process, without a descriptor (Linux 6.14; older kernels say EBADF). */
enum { THIS_PROCESS = -10001 };

/* Bytes of the kernel's pages: DF_PAGE, or more on some machines. */
static size_t kernel_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Whether process_madvise works on this process. Asked when it is first of use: most programs are short. */
static bool takes_many(void)
{
    enum { UNKNOWN, NO, YES };
    static _Atomic int known;
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (answer == UNKNOWN) {
        bool works = kernel_page() == DF_PAGE &&
                     syscall(SYS_process_madvise, THIS_PROCESS, NULL, 0, MADV_DONTNEED, 0) == 0;
        answer = works ? YES : NO;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == YES;
}

static void *map(size_t size, int protection, int flags)
{
    void *at = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

void os_touch(void *at, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    madvise(at, size, MADV_POPULATE_WRITE);
#else
    (void)at, (void)size;
#endif
}

/* More is mapped, and what lies before and behind is given back. */
void *os_map(size_t size, size_t alignment)
{
    size_t slack = alignment > DF_PAGE ? alignment : 0;
    if (size + slack < size)
        return NULL;
    unsigned char *at = map(size + slack, PROT_READ | PROT_WRITE, 0);
    if (at == NULL || slack == 0)
        return at;
    unsigned char *aligned = (unsigned char *)(((uintptr_t)at + alignment - 1) & ~(uintptr_t)(alignment - 1));
    size_t before = (size_t)(aligned - at);
    if (before > 0)
        os_unmap(at, before);
    if (slack > before)
        os_unmap(aligned + size, slack - before);
    return aligned;
}

void *os_reserve(size_t size, size_t alignment)
{
    /* The slack before and behind stays, for it is the guard; so it is never empty. */
    unsigned char *at = map(size + alignment + 2 * (size_t)DF_PAGE, PROT_NONE, MAP_NORESERVE);
    if (at == NULL)
        return NULL;
    return (void *)(((uintptr_t)at + DF_PAGE + alignment - 1) & ~(uintptr_t)(alignment - 1));
}

bool os_commit(void *at, size_t size)
{
    return mprotect(at, size, PROT_READ | PROT_WRITE) == 0;
}

void *os_map_sparse(size_t size)
{
    void *at = map(size, PROT_READ | PROT_WRITE, MAP_NORESERVE);
    if (at != NULL)
        os_no_huge_pages(at, size);
    return at;
}

void os_unmap(void *at, size_t size)
{
    munmap(at, size);
}

void *os_remap(void *at, size_t size, size_t new_size)
{
    void *moved = mremap(at, size, new_size, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}

bool os_guard(void *at, size_t size)
{
    return mprotect(at, size, PROT_NONE) == 0;
}

void os_no_huge_pages(void *at, size_t size)
{
    madvise(at, size, MADV_NOHUGEPAGE); /* fails where there are none */
}

/* Purges a range whose edges may lie within the kernel's larger pages: those are zeroed by hand. */
static bool purge_one(const struct iovec *range)
{
    uintptr_t begin = (uintptr_t)range->iov_base, end = begin + range->iov_len, mask = kernel_page() - 1;
    uintptr_t inner = (begin + mask) & ~mask, inner_end = end & ~mask;
    if (inner >= inner_end) {
        memset(range->iov_base, 0, range->iov_len);
        return true;
    }
    if (madvise((void *)inner, inner_end - inner, MADV_DONTNEED) != 0)
        return false;
    memset((void *)begin, 0, inner - begin);
    memset((void *)inner_end, 0, end - inner_end);
    return true;
}

/* The ranges that process_madvise did: it says how many bytes, and may stop within a range. */
static size_t purge_many(struct iovec *ranges, size_t count)
{
    long bytes = syscall(SYS_process_madvise, THIS_PROCESS, ranges, count, MADV_DONTNEED, 0);
    size_t done = 0;
    for (; done < count && bytes >= (long)ranges[done].iov_len; done++)
        bytes -= (long)ranges[done].iov_len;
    return done;
}

size_t os_purge(struct iovec *ranges, size_t count)
{
    size_t done = count > 1 && takes_many() ? purge_many(ranges, count) : 0;
    while (done < count && purge_one(&ranges[done]))
        done++;
    return done;
}

size_t os_mappings_most(void)
{
    enum { LINUX_DEFAULT = 65530 };
    return os_read_number("/proc/sys/vm/max_map_count", LINUX_DEFAULT);
}

bool os_commits_strictly(void)
{
    return os_read_number("/proc/sys/vm/overcommit_memory", 0) == 2;
}

size_t os_address_space_most(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ? SIZE_MAX : limit.rlim_cur;
}

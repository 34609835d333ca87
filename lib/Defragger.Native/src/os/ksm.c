/* See ksm.h. */
#include "ksm.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "defragger_heap.h"

/* The number that a file begins with; -1: there is none. */
static long number_of(const char *path)
{
    char text[32] = "";
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    long length = syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    return length > 0 ? strtol(text, NULL, 10) : -1;
}

/* What is merged is the kernel's page, whatever we call one. */
enum os_ksm os_ksm_state(void)
{
    long run = number_of("/sys/kernel/mm/ksm/run");
    if (run < 0 || sysconf(_SC_PAGESIZE) != DF_PAGE)
        return OS_KSM_ABSENT;
    return run == 1 ? OS_KSM_RUNS : OS_KSM_STOPPED;
}

bool os_ksm_offer(void *at, size_t size)
{
    return madvise(at, size, MADV_MERGEABLE) == 0;
}

uint64_t os_ksm_merged(void)
{
    long pages = number_of("/proc/self/ksm_merging_pages");
    return pages > 0 ? (uint64_t)pages : 0;
}

/* See store.h. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "defragger_heap.h"
#include "memory.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

bool os_store_is_possible(size_t size)
{
    struct rlimit limit;
    return sysconf(_SC_PAGESIZE) == DF_PAGE && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur >= size;
}

/* Linux 6.3 wants to be told that it is no program. */
static int make(void)
{
    int store = memfd_create("defragger", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    return store >= 0 || errno != EINVAL ? store : memfd_create("defragger", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* Not by pwrite(): that is where a thread may be cancelled. */
static bool write_all(int store, const char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        long written = syscall(SYS_pwrite64, store, bytes + done, size - done, done);
        if (written > 0)
            done += (size_t)written;
        else if (written == 0 || errno != EINTR)
            return false;
    }
    return true;
}

int os_store_make(const void *bytes, size_t size)
{
    int store = make();
    if (store < 0)
        return -1;
    if (write_all(store, bytes, size) &&
        fcntl(store, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return store;
    os_store_close(store);
    return -1;
}

void os_store_close(int store)
{
    syscall(SYS_close, store);
}

/* Whether nothing is mapped at one of the pages. */
static bool is_hole(char *at, size_t size)
{
    unsigned char present[OS_PAGES_MOST];
    for (size_t done = 0; done < size; done += sizeof present * DF_PAGE) {
        size_t part = size - done < sizeof present * DF_PAGE ? size - done : sizeof present * DF_PAGE;
        if (mincore(at + done, part, present) != 0 && errno == ENOMEM)
            return true;
    }
    return false;
}

/*
 * A mapping in place of another that fails leaves the other, or, when the kernel has run out of its own
 * memory in the middle (mm/vma.c, vms_abort_munmap_vmas), nothing. What was there is gone then, and only the
 * new mapping can take its place: it is tried until the kernel has memory again, or ends this process for it.
 */
static bool map_over(void *at, size_t size, int flags, int store, size_t offset)
{
    const int all = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE | flags;
    while (mmap(at, size, PROT_READ | PROT_WRITE, all, store, (off_t)offset) != at) {
        if (!is_hole(at, size))
            return false;
        sched_yield();
    }
    return true;
}

bool os_store_map(void *at, size_t size, int store, size_t offset)
{
    return map_over(at, size, 0, store, offset);
}

bool os_map_fresh(void *at, size_t size)
{
    bool mapped = map_over(at, size, MAP_ANONYMOUS, -1, 0);
    if (mapped)
        os_no_huge_pages(at, size); /* as its neighbours are, so that they become one mapping again */
    return mapped;
}

/* --- What the kernel knows --- */

int os_pages_open(void)
{
    return (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

void os_pages_close(int pages)
{
    syscall(SYS_close, pages);
}

/* The kernel's pagemap: 8 bytes a page. */
static const uint64_t PAGE_PRESENT = UINT64_C(1) << 63, PAGE_SWAPPED = UINT64_C(1) << 62,
                      PAGE_OF_FILE = UINT64_C(1) << 61, PAGE_PROTECTED = UINT64_C(1) << 57;

static bool read_entries(int pages, const void *at, size_t count, uint64_t *entries)
{
    size_t size = count * sizeof *entries, from = (uintptr_t)at / DF_PAGE * sizeof *entries;
    return syscall(SYS_pread64, pages, entries, size, from) == (long)size;
}

/* A page of a store that nobody has looked at is not present. */
bool os_pages_own(int pages, const void *at, size_t count, bool *own)
{
    uint64_t entries[OS_PAGES_MOST];
    if (!read_entries(pages, at, count, entries))
        return false;
    for (size_t i = 0; i < count; i++)
        own[i] =
            (entries[i] & PAGE_SWAPPED) != 0 || (entries[i] & (PAGE_PRESENT | PAGE_OF_FILE)) == PAGE_PRESENT;
    return true;
}

bool os_page_is_protected(int pages, const void *at, bool *is_protected)
{
    uint64_t entry;
    if (!read_entries(pages, at, 1, &entry))
        return false;
    *is_protected = (entry & (PAGE_PRESENT | PAGE_SWAPPED)) != 0 && (entry & PAGE_PROTECTED) != 0;
    return true;
}

/* Whether text that ends before `end` ends with some words. */
static bool ends_with(const char *begin, const char *end, const char *words)
{
    size_t length = strlen(words);
    return (size_t)(end - begin) >= length && memcmp(end - length, words, length) == 0;
}

static const char *read_address(const char *at, uintptr_t *address)
{
    for (*address = 0; *at != '-' && *at != ' '; at++)
        *address = *address << 4 | (uintptr_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return at + 1;
}

/* proc(5): "start-end perms ..." and at the end what is mapped. */
static void count_line(struct os_mappings *sum, const char *line, const char *end, const void *from,
                       const void *to)
{
    uintptr_t first, behind;
    const char *rights = read_address(read_address(line, &first), &behind);
    sum->count++;
    sum->shut |= first < (uintptr_t)to && behind > (uintptr_t)from && memcmp(rights, "rw-p", 4) != 0;
    sum->asynchronous |= ends_with(line, end, "/[aio] (deleted)") || ends_with(line, end, "/[aio]") ||
                         ends_with(line, end, "anon_inode:[io_uring]");
}

struct os_mappings os_mappings_now(const void *from, const void *to)
{
    char text[8192]; /* a line has at most some 4,200 bytes */
    size_t kept = 0; /* of one that is not whole yet */
    struct os_mappings sum = {0};
    int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return (struct os_mappings){SIZE_MAX, true, true};
    for (long got; (got = syscall(SYS_read, file, text + kept, sizeof text - kept)) > 0;) {
        const char *line = text, *end = text + kept + got;
        for (const char *stop; (stop = memchr(line, '\n', (size_t)(end - line))) != NULL; line = stop + 1)
            count_line(&sum, line, stop, from, to);
        kept = (size_t)(end - line);
        memmove(text, line, kept);
    }
    os_store_close(file);
    return sum;
}

bool os_has_locked_memory(void)
{
    static const char name[] = "\nVmLck:";
    char text[4096];
    int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return true;
    long length = syscall(SYS_read, file, text, sizeof text - 1);
    os_store_close(file);
    text[length > 0 ? length : 0] = '\0';
    const char *at = strstr(text, name);
    return at == NULL || strtoul(at + sizeof name - 1, NULL, 10) > 0;
}

static bool is_asynchronous(int folder, const char *name)
{
    static const char *const others[] = {"anon_inode:[io_uring]", "/dev/infiniband/", "/dev/vfio/",
                                         "anon_inode:[vfio"};
    char target[64];
    long length = syscall(SYS_readlinkat, folder, name, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strncmp(target, others[i], strlen(others[i])) == 0)
            return true;
    return false;
}

struct entry { /* linux_dirent64, of which no header of the C library tells */
    uint64_t number;
    int64_t next;
    uint16_t length;
    uint8_t kind;
    char name[];
};

bool os_has_asynchronous_io(void)
{
    _Alignas(struct entry) char entries[2048];
    int folder = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool found = folder < 0;
    for (long got; !found && (got = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0;)
        for (long at = 0; at < got && !found;) {
            const struct entry *entry = (const void *)(entries + at);
            found = is_asynchronous(folder, entry->name);
            at += entry->length;
        }
    if (folder >= 0)
        os_store_close(folder);
    return found;
}

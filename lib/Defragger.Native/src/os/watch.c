/* See watch.h. */
#include "watch.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "defragger_heap.h"
#include "store.h"

/* Newer than the headers that some distributions have. */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
enum {
    WATCH_UNPOPULATED = 1 << 13, /* UFFD_FEATURE_WP_UNPOPULATED: also pages that were never touched */
    WATCH_ASYNC = 1 << 15,       /* UFFD_FEATURE_WP_ASYNC */
    DESCRIPTOR_LEAST = 200,
    REGIONS = 64,
};
static const uint64_t IS_WRITTEN = 1 << 1; /* PAGE_IS_WRITTEN */

struct region {
    uint64_t start, end, categories;
};

struct scan {
    uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
    uint64_t inverted, mask, any_of, returned;
};
#define SCAN _IOWR('f', 16, struct scan)

/* Whether a descriptor is what the watch began with. */
static bool is_ours(const struct os_watch *watch)
{
    struct stat now;
    return fstat(watch->descriptor, &now) == 0 && now.st_dev == watch->device && now.st_ino == watch->file;
}

/* A descriptor out of the way of programs that expect the lowest one. */
static int make(void)
{
    struct uffdio_api api = {.api = UFFD_API, .features = WATCH_UNPOPULATED | WATCH_ASYNC};
    int low = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    if (low < 0)
        return -1;
    int high = ioctl(low, UFFDIO_API, &api) == 0 ? fcntl(low, F_DUPFD_CLOEXEC, DESCRIPTOR_LEAST) : -1;
    syscall(SYS_close, low);
    return high;
}

static bool protect(const struct os_watch *watch)
{
    struct uffdio_range range = {.start = (uintptr_t)watch->at, .len = watch->size};
    struct uffdio_register pages = {.range = range, .mode = UFFDIO_REGISTER_MODE_WP};
    struct uffdio_writeprotect write = {.range = range, .mode = UFFDIO_WRITEPROTECT_MODE_WP};
    return ioctl(watch->descriptor, UFFDIO_REGISTER, &pages) == 0 &&
           ioctl(watch->descriptor, UFFDIO_WRITEPROTECT, &write) == 0;
}

bool os_watch_begin(struct os_watch *watch, void *at, size_t size)
{
    struct stat now;
    *watch = (struct os_watch){.descriptor = make(), .at = at, .size = size};
    if (watch->descriptor < 0)
        return false;
    if (fstat(watch->descriptor, &now) != 0) {
        syscall(SYS_close, watch->descriptor);
        return false;
    }
    watch->is_on = true;
    watch->device = now.st_dev;
    watch->file = now.st_ino;
    if (protect(watch))
        return true;
    os_watch_end(watch);
    return false;
}

static void set_bits(uint64_t *bits, uint64_t first, uint64_t end)
{
    for (; first < end; first++)
        bits[first / 64] |= UINT64_C(1) << first % 64;
}

bool os_watch_read(const struct os_watch *watch, uint64_t *written)
{
    struct region regions[REGIONS];
    uint64_t base = (uintptr_t)watch->at;
    struct scan scan = {.size = sizeof scan,
                        .start = base,
                        .end = base + watch->size,
                        .regions = (uintptr_t)regions,
                        .region_count = REGIONS,
                        .mask = IS_WRITTEN,
                        .returned = IS_WRITTEN};
    int pages = is_ours(watch) ? os_pages_open() : -1;
    if (pages < 0)
        return false;
    for (int found = 0; scan.start < scan.end && found >= 0; scan.start = scan.walk_end) {
        found = ioctl(pages, SCAN, &scan);
        for (int i = 0; i < found; i++)
            set_bits(written, (regions[i].start - base) / DF_PAGE, (regions[i].end - base) / DF_PAGE);
        if (found < 0)
            break;
    }
    os_pages_close(pages);
    return scan.start >= scan.end;
}

/* A child of a fork that nobody told us of may have a descriptor, too, and so keep what is registered. */
void os_watch_end(struct os_watch *watch)
{
    struct uffdio_range range = {.start = (uintptr_t)watch->at, .len = watch->size};
    if (watch->is_on && is_ours(watch)) {
        ioctl(watch->descriptor, UFFDIO_UNREGISTER, &range);
        syscall(SYS_close, watch->descriptor);
    }
    watch->is_on = false;
}

/* See protect.h. */
#include "protect.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif

/* Of the device where the system call is not allowed (Linux 6.1). */
static int make(void)
{
    int made = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (made >= 0)
        return made;
    int device = (int)syscall(SYS_openat, AT_FDCWD, "/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    if (device < 0)
        return -1;
    made = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC);
    syscall(SYS_close, device);
    return made;
}

int os_protection_open(void)
{
    struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP};
    int protection = make();
    if (protection < 0 || ioctl(protection, UFFDIO_API, &api) == 0)
        return protection;
    os_protection_close(protection);
    return -1;
}

void os_protection_close(int protection)
{
    syscall(SYS_close, protection);
}

static struct uffdio_range range_of(const void *at, size_t size)
{
    return (struct uffdio_range){.start = (uintptr_t)at, .len = size};
}

bool os_protect(int protection, void *at, size_t size)
{
    struct uffdio_register pages = {.range = range_of(at, size), .mode = UFFDIO_REGISTER_MODE_WP};
    struct uffdio_writeprotect write = {.range = range_of(at, size), .mode = UFFDIO_WRITEPROTECT_MODE_WP};
    if (ioctl(protection, UFFDIO_REGISTER, &pages) != 0)
        return false;
    if (ioctl(protection, UFFDIO_WRITEPROTECT, &write) == 0)
        return true;
    os_unprotect(protection, at, size);
    return false;
}

void os_protection_wake(int protection, void *at, size_t size)
{
    struct uffdio_range pages = range_of(at, size);
    ioctl(protection, UFFDIO_WAKE, &pages);
}

void os_unprotect(int protection, void *at, size_t size)
{
    struct uffdio_writeprotect write = {.range = range_of(at, size)};
    struct uffdio_range pages = range_of(at, size);
    ioctl(protection, UFFDIO_WRITEPROTECT, &write);
    ioctl(protection, UFFDIO_UNREGISTER, &pages); /* wakes, too */
}

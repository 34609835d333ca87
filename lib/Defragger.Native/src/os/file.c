/* See file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"

static bool is_ours(const struct os_file *file)
{
    struct stat now;
    return fstat(file->descriptor, &now) == 0 && now.st_dev == file->device && now.st_ino == file->number;
}

int os_file_create(struct os_file *file, const char *path)
{
    enum { OUT_OF_THE_WAY = 100 }; /* programs expect the low numbers in a row */
    struct stat status;
    int low = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (low < 0)
        return errno;
    int high = fcntl(low, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    if (high >= 0)
        close(low);
    file->descriptor = high >= 0 ? high : low;
    int error = fstat(file->descriptor, &status) == 0 ? 0 : errno;
    file->device = status.st_dev;
    file->number = status.st_ino;
    file->length = 0;
    if (error != 0)
        close(file->descriptor);
    return error;
}

int os_file_write(struct os_file *file, const void *bytes, size_t size)
{
    if (!is_ours(file))
        return EBADF;
    int error = os_write(file->descriptor, bytes, size);
    if (error == 0)
        file->length += size;
    else if (ftruncate(file->descriptor, (off_t)file->length) != 0)
        return error; /* a piece of a piece stays: who reads it sees that it is not whole */
    return error;
}

int os_file_extend(struct os_file *file, size_t size, void **mapped)
{
    if (!is_ours(file))
        return EBADF;
    int error = posix_fallocate(file->descriptor, (off_t)file->length, (off_t)size);
    if (error == 0) {
        *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file->descriptor,
                       (off_t)file->length);
        error = *mapped == MAP_FAILED ? errno : 0;
    }
    if (error == 0)
        file->length += size;
    else if (ftruncate(file->descriptor, (off_t)file->length) != 0)
        return error; /* zeros stay: who reads it finds an empty region */
    return error;
}

void os_file_close(struct os_file *file)
{
    if (is_ours(file))
        close(file->descriptor);
}

/* A file that is written while a program goes its own way with descriptors, threads and cancellation. */
#ifndef DF_OS_FILE_H
#define DF_OS_FILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * `descriptor` is this file's as long as it has this identity: a program may close all descriptors that it
 * does not know, and the next file that it opens may get the number.
 */
struct os_file {
    int descriptor;
    uint64_t device, number;
    uint64_t length; /* bytes that were written whole */
};

/* Makes a file that must not exist yet, for its owner alone; 0, or an errno. */
int os_file_create(struct os_file *file, const char *path);

/* Writes all of it, or nothing that stays: a file ends where the last whole piece does. 0, or an errno. */
int os_file_write(struct os_file *file, const void *bytes, size_t size);

/*
 * Makes it longer by `size`, a multiple of the page (as its length is), with room on the disk, and maps that
 * part: what is stored there is in the file, whatever becomes of the process. 0, or an errno, and it is as it
 * was.
 */
int os_file_extend(struct os_file *file, size_t size, void **mapped);

void os_file_close(struct os_file *file);

#endif

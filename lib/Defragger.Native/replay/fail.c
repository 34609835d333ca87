/* See fail.h. */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void fail(int code, const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fputs("defrag-trace: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(code);
}

void *map_sparse(size_t bytes)
{
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        fail(FAULT_IN_INPUT,
             "%zu bytes of address space cannot be had: %s. Is there a limit (ulimit -v), or too little "
             "memory?",
             bytes, strerror(errno));
    return memory;
}

void unmap(void *at, size_t bytes)
{
    munmap(at, bytes);
}

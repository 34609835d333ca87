/* See gauge.h. */
#include "gauge.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 8192 };

static void file_read(const char *path, char text[TEXT_MAX])
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    for (ssize_t count = 1; file >= 0 && count > 0 && length < TEXT_MAX - 1; length += (size_t)count) {
        count = read(file, text + length, TEXT_MAX - 1 - length);
        if (count < 0)
            break;
    }
    text[length] = '\0';
    if (file >= 0)
        close(file);
    if (length == 0) {
        fprintf(stderr, "memory: %s cannot be read\n", path);
        exit(1);
    }
}

/* The bytes of a line "Name:   123 kB"; `name` starts with the line's newline, so that Pss is not SwapPss. */
static uint64_t field(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line == NULL ? 0 : strtoull(line + strlen(name), NULL, 10) * 1024;
}

struct gauge gauge_read(void)
{
    char text[TEXT_MAX];
    file_read("/proc/self/smaps_rollup", text);
    return (struct gauge){
        .held = field(text, "\nPss:") - field(text, "\nLazyFree:"),
        .resident = field(text, "\nRss:"),
    };
}

uint64_t gauge_most_resident(void)
{
    char text[TEXT_MAX];
    file_read("/proc/self/status", text);
    return field(text, "\nVmHWM:");
}

/* What dlsym finds is a data pointer in C's eyes. */
static bool find(const char *name, void *function)
{
    void *address = dlsym(RTLD_DEFAULT, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

void gauge_trim(void)
{
    void (*collect)(bool);
    void (*release)(void);
    int (*control)(const char *, void *, size_t *, void *, size_t);
    if (find("mi_collect", &collect)) {
        collect(true);
    } else if (find("mallctl", &control)) {
        control("thread.tcache.flush", NULL, NULL, NULL, 0);
        control("arena.4096.purge", NULL, NULL, NULL, 0); /* MALLCTL_ARENAS_ALL */
    } else if (find("MallocExtension_ReleaseFreeMemory", &release)) {
        release();
    } else {
        malloc_trim(0); /* glibc's and ours */
    }
}

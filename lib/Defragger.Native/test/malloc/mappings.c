/*
 * The system allows a process a number of mappings (vm.max_map_count). However many large blocks there are,
 * and however the small ones lie that were freed between others, malloc leaves enough of them for threads and
 * libraries.
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

enum { LARGE = 70000, SMALL = 100000, LEFT_AT_LEAST = 1000 };

static size_t count_mappings(void)
{
    static char text[65536];
    size_t lines = 0;
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    DEMAND(file >= 0);
    for (ssize_t got; (got = read(file, text, sizeof text)) > 0;)
        for (ssize_t i = 0; i < got; i++)
            lines += text[i] == '\n';
    close(file);
    return lines;
}

static size_t most_mappings(void)
{
    char text[32] = "";
    int file = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
    DEMAND(file >= 0 && read(file, text, sizeof text - 1) > 0);
    close(file);
    return strtoull(text, NULL, 10);
}

static void *work(void *argument)
{
    free(malloc(1000));
    return argument;
}

static void others_find_some(const char *what)
{
    enum { OTHERS = 50 };
    pthread_t threads[OTHERS];
    void *mappings[OTHERS];
    printf("%s: %zu mappings of %zu\n", what, count_mappings(), most_mappings());
    DEMAND(count_mappings() + LEFT_AT_LEAST < most_mappings());
    for (size_t i = 0; i < OTHERS; i++) {
        DEMAND(pthread_create(&threads[i], NULL, work, NULL) == 0);
        mappings[i] =
            mmap(NULL, 4096, i % 2 == 0 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        DEMAND(mappings[i] != MAP_FAILED);
    }
    for (size_t i = 0; i < OTHERS; i++) {
        pthread_join(threads[i], NULL);
        munmap(mappings[i], 4096);
    }
}

/* Never touched, so they cost address space only. Where that has an end, fewer will do. */
static void many_large_blocks(void)
{
    static void *blocks[LARGE];
    size_t count = 0;
    while (count < LARGE && (blocks[count] = malloc(4 * MIB + count % 7 * 4096)) != NULL)
        count++;
    printf("%zu large blocks\n", count);
    others_find_some("large blocks");
    for (size_t i = 0; i < count; i += 2)
        free(blocks[i]);
    others_find_some("half of them freed");
    for (size_t i = 1; i < count; i += 2)
        free(blocks[i]);
    DEMAND(count > 20000);
}

/* Every second page is given back. */
static void holes(void)
{
    static unsigned char *blocks[SMALL];
    for (size_t i = 0; i < SMALL; i++) {
        blocks[i] = malloc(4000);
        DEMAND(blocks[i] != NULL);
        memset(blocks[i], 7, 4000);
    }
    for (size_t i = 0; i < SMALL; i++)
        if (i % 4 < 2)
            free(blocks[i]);
    malloc_trim(0);
    others_find_some("holes");
    for (size_t i = 0; i < SMALL; i++)
        if (i % 4 >= 2) {
            DEMAND(all_bytes(blocks[i], 4000, 7));
            free(blocks[i]);
        }
}

int main(void)
{
    guard_seconds(60);
    if (!ours()) {
        printf("skipped: other allocators do not promise this\n");
        return SKIPPED;
    }
    holes();
    many_large_blocks();
    return 0;
}

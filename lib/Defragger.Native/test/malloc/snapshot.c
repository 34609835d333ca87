/*
 * df_malloc_snapshot to a memory file: every line is one of six kinds, the items of an arena follow each
 * other without a gap up to what is committed, its dirty pages lie in free items from the highest down, the
 * sums are those of the statistics, and known blocks are in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "api.h"
#include "others.h"

enum { KNOWN = 600 };

static struct api api;
static struct known {
    void *block;
    size_t size;
    unsigned found;
} known[KNOWN];

struct sums {
    uint64_t block_bytes, blocks, large_bytes, larges, committed, dirty;
    unsigned arenas;
};

/* --- Reading: the text is mapped, so that looking at it does not change the heap --- */

struct text {
    const char *at, *end;
    int file;
};

static bool open_snapshot(struct text *text)
{
    struct stat status;
    text->file = memfd_create("snapshot", MFD_CLOEXEC);
    if (!CHECK(text->file >= 0 && api.snapshot(text->file) == 0 && fstat(text->file, &status) == 0))
        return false;
    text->at = mmap(NULL, (size_t)status.st_size + 1, PROT_READ, MAP_PRIVATE, text->file, 0);
    text->end = text->at + status.st_size;
    return CHECK(status.st_size > 4 && text->end[-1] == '\n');
}

static bool take_word(struct text *text, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

/* " NUMBER NUMBER\n", each decimal, or hexadecimal with 0x. */
static bool take_numbers(struct text *text, uint64_t *first, uint64_t *second)
{
    char *end;
    *first = strtoull(text->at, &end, 0);
    bool one = end > text->at && *end == ' ';
    text->at = end;
    *second = strtoull(text->at, &end, 0);
    bool two = end > text->at && *end == '\n';
    text->at = end + 1;
    return one && two;
}

/* --- What is in it --- */

static void look_for_known(uint64_t address, uint64_t length, bool large)
{
    for (size_t i = 0; i < KNOWN; i++) {
        uint64_t mine = (uint64_t)(uintptr_t)known[i].block;
        if (known[i].block != NULL &&
            (large ? mine >= address && mine < address + length : mine == address)) {
            known[i].found++;
            CHECK(address + length - mine >= known[i].size);
        }
    }
}

static bool read_snapshot(struct text *text, struct sums *sums)
{
    uint64_t base = 0, next = 0, committed = 0, dirty = 0, first, second;
    while (text->at < text->end) {
        bool block = take_word(text, "block "), item = block || take_word(text, "free ");
        if (item) {
            if (!take_numbers(text, &first, &second) || sums->arenas == 0 || first != next || second == 0)
                return false;
            next = first + second;
            sums->block_bytes += block ? second : 0;
            sums->blocks += block;
            if (block)
                look_for_known(base + first, second, false);
        } else if (take_word(text, "dirty ")) {
            if (!take_numbers(text, &first, &second) || next != committed || second == 0 ||
                first % 4096 != 0 || second % 4096 != 0 || first + second > dirty)
                return false;
            dirty = first;
            sums->dirty += second;
        } else if (take_word(text, "end\n")) {
            return next == committed && text->at == text->end;
        } else if (next != committed) {
            return false;
        } else if (take_word(text, "arena ")) {
            if (!take_numbers(text, &base, &committed))
                return false;
            sums->arenas++;
            sums->committed += committed;
            dirty = committed;
            next = 0;
        } else if (take_word(text, "large ")) {
            if (!take_numbers(text, &first, &second))
                return false;
            sums->larges++;
            sums->large_bytes += second;
            look_for_known(first, second, true);
        } else {
            return false;
        }
    }
    return false;
}

static void look(struct sums *sums)
{
    struct text text;
    memset(sums, 0, sizeof *sums);
    if (!open_snapshot(&text))
        return;
    const char *start = text.at;
    if (!CHECK(read_snapshot(&text, sums)))
        printf("  at byte %td: %.60s\n", text.at - start, text.at);
    munmap((void *)(uintptr_t)start, (size_t)(text.end - start) + 1);
    close(text.file);
}

/* --- Tests --- */

static void test_known_blocks(void)
{
    struct random random = {3};
    struct sums sums;
    for (size_t i = 0; i < KNOWN; i++) {
        known[i].size = i % 100 == 0 ? 20 * MIB + i : random_size(&random, 16);
        known[i].block = i % 7 == 0 ? memalign(4096, known[i].size) : malloc(known[i].size);
        DEMAND(known[i].block != NULL);
        known[i].found = 0;
    }
    look(&sums);
    for (size_t i = 0; i < KNOWN; i++)
        if (!CHECK(known[i].found == 1))
            printf("  %p of %zu bytes: found %u times\n", known[i].block, known[i].size, known[i].found);
    CHECK(sums.arenas >= 1);

    struct df_malloc_statistics s;
    api.trim();
    look(&sums);
    api.statistics(&s);
    CHECK(s.cached == 0 && s.arenas == sums.arenas && s.committed == sums.committed && sums.dirty == 0);
    CHECK(s.large == sums.large_bytes && s.large_blocks == sums.larges);
    CHECK(s.live == sums.block_bytes + sums.large_bytes && s.live_blocks == sums.blocks + sums.larges);

    for (size_t i = 0; i < KNOWN; i++)
        free(known[i].block);
    look(&sums);
    CHECK(sums.dirty > 0);
    for (size_t i = 0; i < KNOWN; i++)
        known[i].found = 0;
    api.trim();
    look(&sums);
    for (size_t i = 0; i < KNOWN; i++)
        CHECK(known[i].found == 0);
    for (size_t i = 0; i < KNOWN; i++)
        known[i].block = NULL;
}

static void test_while_others_work(void)
{
    struct sums sums;
    others_start(12);
    for (int i = 0; i < 50; i++)
        look(&sums);
    others_stop();
}

static void test_errors(void)
{
    CHECK(api.snapshot(-1) == EBADF);
    int file = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (file >= 0)
        CHECK(api.snapshot(file) == ENOSPC);
    close(file);
    free(malloc(100)); /* no lock is held any more */
}

int main(void)
{
    api = api_or_skip();
    DEMAND(api.snapshot != NULL);
    test_known_blocks();
    test_while_others_work();
    test_errors();
    return check_end();
}

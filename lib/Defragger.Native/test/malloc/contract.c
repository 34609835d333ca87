/*
 * What the standards and the C library's manual promise of each function: where it comes from, sizes, errors,
 * alignments of plain blocks. Aligned blocks are in aligned.c, contents kept by realloc in resize.c, contents
 * cleared by calloc in zeros.c.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"
#include "support.h"

static const size_t sizes[] = {0,    1,    7,    8,    15,    16,    17,     24,      32,      63,
                               64,   65,   100,  128,  255,   256,   512,    1000,    1024,    2047,
                               2048, 4095, 4096, 4097, 10000, 65536, 100000, 1000000, 4194304, 33554433};
/* More than any address space: PTRDIFF_MAX is the C library's bound. */
static const size_t too_large[] = {SIZE_MAX,        SIZE_MAX - 1,     SIZE_MAX - 15,
                                   SIZE_MAX - 4096, SIZE_MAX / 2 + 1, SIZE_MAX / 2};

/* --- Where they come from: one function of another allocator, and its blocks end in the wrong free --- */

static void test_all_come_from_one_library(void)
{
    const char *all[] = {"malloc",      "calloc",   "realloc",        "reallocarray",
                         "free",        "cfree",    "posix_memalign", "aligned_alloc",
                         "memalign",    "valloc",   "pvalloc",        "malloc_usable_size",
                         "malloc_trim", "mallinfo", "mallinfo2",      "malloc_stats"};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (ours())
            CHECK(with_malloc(all[i]));
        if (!with_malloc(all[i]))
            printf("%s is not in the library of malloc\n", all[i]);
    }
}

/* --- Sizes --- */

/* A block is aligned, as large as asked, and all of its usable bytes can be written. */
static void look_at(void *block, size_t size)
{
    if (!CHECK(block != NULL))
        return;
    CHECK(is_aligned(block, size));
    size_t usable = malloc_usable_size(block);
    CHECK(usable >= size);
    CHECK(usable <= size + size / 2 + 8192);
    memset(opaque(block), 0x5A, usable);
    CHECK(all_bytes(block, usable, 0x5A));
}

static void test_sizes(void)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        void *block = malloc(sizes[i]);
        look_at(block, sizes[i]);
        free(block);
        block = calloc(sizes[i], 1);
        look_at(block, sizes[i]);
        free(block);
        block = realloc(NULL, sizes[i]);
        look_at(block, sizes[i]);
        free(block);
        block = reallocarray(NULL, sizes[i], 1);
        look_at(block, sizes[i]);
        free(block);
    }
}

static void test_blocks_are_apart(void)
{
    enum { BLOCKS = 2000 };
    static void *blocks[BLOCKS];
    for (size_t size = 0; size <= 2048; size = size * 2 + 1) {
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = malloc(size);
            DEMAND(blocks[i] != NULL && is_aligned(blocks[i], size));
            pattern_fill(blocks[i], malloc_usable_size(blocks[i]), key_of(blocks[i], size));
        }
        for (size_t i = 0; i < BLOCKS; i++) {
            CHECK(pattern_holds(blocks[i], malloc_usable_size(blocks[i]), key_of(blocks[i], size)));
            free(blocks[i]);
        }
    }
}

static void test_nothing_is_a_block(void)
{
    void *first = malloc(0), *second = malloc(0), *third = calloc(0, 8), *fourth = calloc(8, 0);
    CHECK(first != NULL && second != NULL && third != NULL && fourth != NULL);
    CHECK(first != second && second != third && third != fourth);
    free(first);
    free(second);
    free(third);
    free(fourth);
    free(NULL);
    CHECK(malloc_usable_size(NULL) == 0);
}

/* The C library frees and gives NULL, others give a smallest block: what must not happen is a leak. */
static void test_realloc_to_nothing(void)
{
    uint64_t before = memory_pss();
    for (int i = 0; i < 200000; i++) {
        void *rest = realloc(malloc(1000), opaque_size(0));
        free(rest);
    }
    for (int i = 0; i < 50; i++) {
        void *block = malloc(4 * MIB);
        DEMAND(block != NULL);
        memset(block, 1, 4 * MIB);
        free(realloc(opaque(block), opaque_size(0)));
    }
    CHECK(memory_pss() < before + 48 * MIB);
}

/* --- Errors --- */

#define FAILS_WITH(code, expression) (errno = 0, (expression) == NULL && errno == (code))

static void test_too_large(void)
{
    for (size_t i = 0; i < COUNT_OF(too_large); i++) {
        size_t size = opaque_size(too_large[i]);
        void *block = malloc(100);
        DEMAND(block != NULL);
        pattern_fill(block, 100, 1);
        CHECK(FAILS_WITH(ENOMEM, malloc(size)));
        CHECK(FAILS_WITH(ENOMEM, calloc(size, 1)));
        CHECK(FAILS_WITH(ENOMEM, calloc(1, size)));
        CHECK(FAILS_WITH(ENOMEM, realloc(NULL, size)));
        CHECK(FAILS_WITH(ENOMEM, realloc(opaque(block), size)));
        CHECK(FAILS_WITH(ENOMEM, reallocarray(opaque(block), size, 1)));
        CHECK(FAILS_WITH(ENOMEM, memalign(64, size)));
        CHECK(FAILS_WITH(ENOMEM, aligned_alloc(64, size & ~(size_t)63)));
        CHECK(FAILS_WITH(ENOMEM, valloc(size)));
        if (with_malloc("pvalloc"))
            CHECK(FAILS_WITH(ENOMEM, pvalloc(size)));
        void *out = &size;
        CHECK(posix_memalign(&out, 64, size) == ENOMEM);
        CHECK(out == &size);
        CHECK(pattern_holds(block, 100, 1));
        free(block);
    }
    /* A large one of its own keeps its contents too. */
    void *large = malloc(8 * MIB);
    DEMAND(large != NULL);
    pattern_fill(large, 8 * MIB, 2);
    CHECK(FAILS_WITH(ENOMEM, realloc(opaque(large), opaque_size(SIZE_MAX / 4))));
    CHECK(pattern_holds(large, 8 * MIB, 2));
    free(large);
}

static void test_products_overflow(void)
{
    const size_t half = (size_t)1 << 32;
    const size_t pairs[][2] = {{half, half},         {SIZE_MAX, 2},          {2, SIZE_MAX},
                               {SIZE_MAX, SIZE_MAX}, {SIZE_MAX / 2 + 1, 2},  {half + 1, half - 1},
                               {SIZE_MAX / 3, 4},    {16, SIZE_MAX / 16 + 1}};
    void *block = malloc(64);
    DEMAND(block != NULL);
    pattern_fill(block, 64, 3);
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        size_t count = opaque_size(pairs[i][0]), size = opaque_size(pairs[i][1]);
        CHECK(FAILS_WITH(ENOMEM, calloc(count, size)));
        CHECK(FAILS_WITH(ENOMEM, reallocarray(NULL, count, size)));
        CHECK(FAILS_WITH(ENOMEM, reallocarray(opaque(block), count, size)));
    }
    CHECK(pattern_holds(block, 64, 3));
    free(block);
}

static void test_errno_is_kept(void)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        errno = 123;
        void *block = malloc(sizes[i]);
        CHECK(errno == 123);
        block = realloc(block, sizes[i] * 2 + 1);
        CHECK(errno == 123);
        free(block);
        CHECK(errno == 123);
        free(calloc(1, sizes[i]));
        CHECK(errno == 123);
    }
    malloc_trim(0);
    free(NULL);
    CHECK(errno == 123);
    errno = 0;
}

/* --- The rest of the family --- */

static void test_pages(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        void *block = valloc(sizes[i]);
        look_at(block, sizes[i]);
        CHECK((uintptr_t)block % page == 0);
        free(block);
        if (!with_malloc("pvalloc"))
            continue;
        block = pvalloc(sizes[i]);
        look_at(block, sizes[i]);
        CHECK((uintptr_t)block % page == 0);
        CHECK(malloc_usable_size(block) >= (sizes[i] + page - 1) / page * page);
        free(block);
    }
}

static void test_cfree(void)
{
    void (*cfree)(void *);
    void *symbol = dlsym(RTLD_DEFAULT, "cfree");
    if (symbol == NULL || !with_malloc("cfree"))
        return;
    memcpy(&cfree, &symbol, sizeof cfree);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        cfree(malloc(sizes[i]));
    cfree(NULL);
}

static void test_numbers_about_it(void)
{
    void *block = malloc(3 * MIB), *small = malloc(100);
    DEMAND(block != NULL && small != NULL);
    if (with_malloc("mallinfo2")) {
        struct mallinfo2 info = mallinfo2();
        CHECK(info.uordblks + info.hblkhd >= 3 * MIB);
        CHECK(info.arena + info.hblkhd >= 3 * MIB);
    }
    int trimmed = malloc_trim(0);
    CHECK(trimmed == 0 || trimmed == 1);
    fflush(stdout);
    free(block);
    free(small);
}

/* Blocks that the C library makes inside, and that the program frees. */
static void test_library_makes_blocks(void)
{
    char *text = NULL, *line = NULL;
    size_t size = 0;
    CHECK(asprintf(&text, "%0*d", 5000, 7) == 5000);
    char *copy = strdup(text);
    FILE *stream = open_memstream(&line, &size);
    DEMAND(copy != NULL && stream != NULL);
    for (int i = 0; i < 1000; i++)
        fputs(text, stream);
    fclose(stream);
    CHECK(size == 5000000 && strcmp(copy, text) == 0);
    free(text);
    free(copy);
    free(line);
    char *folder = getcwd(NULL, 0);
    CHECK(folder != NULL);
    free(folder);
}

int main(void)
{
    test_all_come_from_one_library();
    test_sizes();
    test_blocks_are_apart();
    test_nothing_is_a_block();
    test_realloc_to_nothing();
    test_too_large();
    test_products_overflow();
    test_errno_is_kept();
    test_pages();
    test_cfree();
    test_numbers_about_it();
    test_library_makes_blocks();
    return check_end();
}

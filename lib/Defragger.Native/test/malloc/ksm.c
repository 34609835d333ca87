/*
 * Merging by the kernel (DEFRAGGER_MERGE=ksm): memory comes back while other threads write, and no byte
 * changes.
 *
 *   defrag-malloc-ksm              each case, in a process of its own
 *   defrag-malloc-ksm NAME ""      one of them, with KSM as it is
 *
 * KSM belongs to the whole machine: it is switched on for the test where this process may do that, and set
 * back at its end. Where it may not, and KSM does not run, what needs it is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sparse.h"

enum { BLOCKS = 400000, SHARE = 50, WRITERS = 4, PATIENCE = 30000 /* ms until ksmd has merged */ };

static struct survivor survivors[SPARSE_MOST], others[SPARSE_MOST];

/* --- KSM itself --- */

static struct knob {
    const char *path, *ours;
    char before[32];
} knobs[] = {
    {"/sys/kernel/mm/ksm/pages_to_scan", "4000", ""},
    {"/sys/kernel/mm/ksm/sleep_millisecs", "10", ""},
    {"/sys/kernel/mm/ksm/run", "1", ""},
};

static bool knob_read(const char *path, char text[32])
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, 31);
    if (file >= 0)
        close(file);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

static bool knob_write(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0)
        close(file);
    return written;
}

static bool ksm_runs(void)
{
    char text[32];
    return knob_read("/sys/kernel/mm/ksm/run", text) && text[0] == '1';
}

/* One test at a time has its way with it. */
static int ksm_lock(void)
{
    int file = open("/sys/kernel/mm/ksm/run", O_RDONLY | O_CLOEXEC);
    if (file >= 0)
        flock(file, LOCK_EX);
    return file;
}

static void ksm_start(void)
{
    for (size_t i = 0; i < COUNT_OF(knobs); i++)
        if (knob_read(knobs[i].path, knobs[i].before) && !knob_write(knobs[i].path, knobs[i].ours))
            knobs[i].before[0] = '\0';
}

static void ksm_set_back(void)
{
    for (size_t i = COUNT_OF(knobs); i-- > 0;)
        if (knobs[i].before[0] != '\0')
            knob_write(knobs[i].path, knobs[i].before);
}

/* Waits until the kernel has merged most of what was offered. */
static bool is_merged(struct df_compact_statistics *now)
{
    for (int waited = 0; waited < PATIENCE; waited += 50) {
        *now = compact_statistics();
        if (now->offered > 0 && now->merged >= now->offered / 10 * 9)
            return true;
        sleep_ms(50);
    }
    printf("of %llu KiB the kernel has merged %llu KiB\n", (unsigned long long)now->offered / KIB,
           (unsigned long long)now->merged / KIB);
    return false;
}

/* --- Writers --- */

static struct writer {
    struct sparse part;
    pthread_t thread;
    uint64_t rounds;
    bool lost;
} writers[WRITERS];

static atomic_bool is_over;

/* Looks whether all it has is as it left it, and writes it anew. */
static void *write_on(void *context)
{
    struct writer *writer = context;
    for (uint64_t seed = 1; !atomic_load(&is_over); seed++) {
        writer->lost |= !sparse_holds(&writer->part);
        sparse_write(&writer->part, seed);
        writer->rounds++;
    }
    return NULL;
}

/* All survivors but the first `rest` have a thread that writes to them; neighbours have different ones. */
static void writers_start(const struct sparse *sparse, size_t rest)
{
    static struct survivor parts[WRITERS][SPARSE_MOST];
    atomic_store(&is_over, false);
    for (size_t i = 0; i < WRITERS; i++)
        writers[i] = (struct writer){.part = {parts[i], 0}};
    for (size_t i = rest; i < sparse->count; i++) {
        struct sparse *part = &writers[i % WRITERS].part;
        part->survivors[part->count++] = sparse->survivors[i];
    }
    for (size_t i = 0; i < WRITERS; i++)
        DEMAND(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]) == 0);
}

/* What they wrote last is what the survivors hold. */
static void writers_end(struct sparse *sparse, size_t rest)
{
    uint64_t rounds = 0;
    atomic_store(&is_over, true);
    for (size_t i = 0; i < WRITERS; i++) {
        DEMAND(pthread_join(writers[i].thread, NULL) == 0);
        DEMAND(!writers[i].lost);
        rounds += writers[i].rounds;
    }
    for (size_t i = rest; i < sparse->count; i++)
        sparse->survivors[i] = writers[i % WRITERS].part.survivors[(i - rest) / WRITERS];
    printf("%llu rounds of %d threads over %zu blocks\n", (unsigned long long)rounds, WRITERS,
           sparse->count - rest);
}

/* --- Cases --- */

/* Memory comes back, and what was merged can die and be used again. */
static int saves(void)
{
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 0); /* the test's own memory is touched */
    sparse_free(&sparse);
    struct api api = api_load();
    struct df_compact_statistics now;
    api.trim();
    uint64_t before = memory_pss();
    sparse = sparse_make(survivors, BLOCKS, SHARE, 1);
    struct df_malloc_statistics heap = api_statistics(&api);
    DEMAND(compact_merges() && is_merged(&now));
    api.trim();
    uint64_t after = memory_pss();
    printf("pinned %llu KiB, live %llu KiB; Pss %llu KiB, before %llu; merged %llu of %llu KiB on %llu KiB\n",
           (unsigned long long)heap.pinned / KIB, (unsigned long long)heap.live / KIB,
           (unsigned long long)after / KIB, (unsigned long long)before / KIB,
           (unsigned long long)now.merged / KIB, (unsigned long long)now.offered / KIB,
           (unsigned long long)now.stored / KIB);
    DEMAND(sparse_holds(&sparse));
    DEMAND(now.answer == DF_COMPACTED && now.mappings == 0 && now.unmerges == 0);
    DEMAND(now.offered >= 4 * now.stored && now.saved > heap.pinned / 2);
    DEMAND(after < before + heap.pinned / 2);
    DEMAND(compact_answer() == DF_COMPACT_LITTLE); /* nothing is left to do, and nothing was undone */
    DEMAND(compact_statistics().unmerges == 0 && is_merged(&now));
    sparse_free(&sparse);
    api.trim();
    DEMAND(compact_statistics().offered < MIB && memory_pss() < before + MIB);
    /* Zeros where zeros are promised: what lay in free granules must not come back. */
    for (size_t i = 0; i < SPARSE_MOST; i++) {
        others[i] = (struct survivor){calloc(1, 16 + i % 3000), 16 + i % 3000, 0};
        DEMAND(others[i].block != NULL && all_bytes(others[i].block, others[i].size, 0));
    }
    return 0;
}

/* What is written to leaves its group, and finds another; the rest stays merged. */
static int goes_on(void)
{
    struct df_compact_statistics now;
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 2);
    DEMAND(compact_merges() && is_merged(&now));
    uint64_t offered = now.offered;
    for (uint64_t round = 1; round <= 5; round++) {
        for (size_t i = round; i < sparse.count; i += 100) {
            struct survivor *each = &sparse.survivors[i];
            each->key = key_of(each->block, round);
            pattern_fill(each->block, each->size, each->key);
        }
        struct sparse more = sparse_make(others, BLOCKS / 20, 4, round);
        compact_all();
        DEMAND(sparse_holds(&sparse) && sparse_holds(&more));
        sparse_free(&more);
    }
    DEMAND(compact_statistics().unmerges > 0 && is_merged(&now));
    printf("%llu KiB offered, then %llu KiB, after %llu pages were written to\n",
           (unsigned long long)offered / KIB, (unsigned long long)now.offered / KIB,
           (unsigned long long)now.unmerges);
    DEMAND(sparse_holds(&sparse) && now.offered > offered / 2);
    sparse_free(&sparse);
    return 0;
}

/* While compactions run and ksmd merges, four threads write to all; then to a tenth, and the rest becomes
 * one. */
static int beside_writers(void)
{
    struct df_compact_statistics now;
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 3);
    writers_start(&sparse, 0);
    for (int i = 0; i < 40; i++) {
        struct sparse more = sparse_make(others, BLOCKS / 40, SHARE, (uint64_t)i);
        compact_all();
        DEMAND(sparse_holds(&more));
        sparse_free(&more);
        sleep_ms(20);
    }
    writers_end(&sparse, 0);
    DEMAND(compact_statistics().merges > 1000);
    size_t rest = sparse.count / 10 * 9;
    writers_start(&sparse, rest);
    DEMAND(compact_merges());
    for (int waited = 0; waited < PATIENCE; waited += 50) {
        now = compact_statistics();
        if (now.merged > now.offered / 2)
            break;
        sleep_ms(50);
    }
    writers_end(&sparse, rest);
    printf("merged beside them: %llu of %llu KiB\n", (unsigned long long)now.merged / KIB,
           (unsigned long long)now.offered / KIB);
    DEMAND(sparse_holds(&sparse) && now.merged > now.offered / 2);
    compact_all();
    DEMAND(is_merged(&now) && sparse_holds(&sparse));
    return 0;
}

static struct sparse shared;

static int child_of(void *key)
{
    DEMAND(sparse_holds(&shared));
    sparse_write(&shared, (uintptr_t)key);
    compact_all();
    DEMAND(sparse_holds(&shared));
    sparse_free(&shared);
    malloc_trim(0);
    return 0;
}

static int forks(void)
{
    struct df_compact_statistics now;
    shared = sparse_make(survivors, BLOCKS / 2, SHARE, 4);
    for (uint64_t round = 0; round < 6; round++) {
        DEMAND(compact_merges() && is_merged(&now));
        pid_t child = fork();
        DEMAND(child >= 0);
        if (child == 0)
            _exit(child_of((void *)(uintptr_t)(100 + round)));
        sparse_write(&shared, 200 + round);
        int status;
        DEMAND(waitpid(child, &status, 0) == child && exited_with(status, 0));
        DEMAND(sparse_holds(&shared));
    }
    return 0;
}

/* A page of a group that the program has shut is not looked at, and what has been written to waits until it
 * may be. */
static int is_shut(void)
{
    struct df_compact_statistics now;
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 7);
    unsigned char *page = (void *)((uintptr_t)sparse.survivors[0].block & ~(uintptr_t)4095);
    DEMAND(compact_merges() && is_merged(&now));
    DEMAND(mprotect(page, 4096, PROT_NONE) == 0);
    for (size_t i = 0; i < sparse.count; i++) {
        struct survivor *each = &sparse.survivors[i];
        if (each->block + each->size <= page || each->block >= page + 4096)
            pattern_fill(each->block, each->size, each->key = key_of(each->block, 8));
    }
    compact_all();
    DEMAND(compact_statistics().unmerges == 0 && compact_statistics().merges == now.merges);
    DEMAND(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0 && compact_merges() && sparse_holds(&sparse));
    DEMAND(compact_statistics().unmerges > 1000);
    return 0;
}

static int by_itself(void)
{
    struct df_compact_statistics now;
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 5);
    DEMAND(is_merged(&now) && now.merges > 0 && sparse_holds(&sparse));
    return 0;
}

/* Where KSM does not run nothing is done, and that is said, once. */
static int is_told(void)
{
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 6);
    for (int i = 0; i < 3; i++)
        DEMAND(compact_answer() == DF_COMPACT_KSM);
    DEMAND(compact_statistics().merges == 0 && compact_statistics().offered == 0 && sparse_holds(&sparse));
    return 0;
}

static const struct test {
    const char *name;
    int (*run)(void);
} tests[] = {
    {"saves", saves}, {"goes on", goes_on}, {"beside writers", beside_writers},
    {"forks", forks}, {"is shut", is_shut}, {"by itself", by_itself},
};

/* What it said on stderr; false: it failed. */
static bool run_case(const char *name, struct outcome *outcome)
{
    const char *settings[] = {"DEFRAGGER_MERGE=ksm", NULL};
    run_self(name, "", settings, outcome);
    bool good = exited_with(outcome->status, 0);
    printf("%s: %s%s%s%s", name, good ? "" : "failed\n", outcome->out, outcome->err,
           good && outcome->out[0] == '\0' && outcome->err[0] == '\0' ? "\n" : "");
    return good;
}

static bool runs_without(void)
{
    static const char words[] = "defragger: DEFRAGGER_MERGE=ksm: ";
    struct outcome outcome;
    bool good = run_case("is told", &outcome);
    const char *at = strstr(outcome.err, words);
    if (at != NULL && strstr(at + 1, words) == NULL)
        return good;
    printf("it was not said just once\n");
    return false;
}

int main(int count, char **arguments)
{
    api_or_skip();
    guard_seconds(150);
    if (count == 3 && strcmp(arguments[1], "is told") == 0)
        return is_told();
    for (size_t i = 0; i < COUNT_OF(tests) && count == 3; i++)
        if (strcmp(arguments[1], tests[i].name) == 0)
            return tests[i].run();
    guard_seconds(0); /* its children have their own, and KSM is to be set back */
    ksm_lock();
    int failed = 0;
    if (ksm_runs())
        printf("is told: skipped: KSM runs on this machine\n");
    else
        failed |= !runs_without();
    ksm_start();
    bool runs = ksm_runs();
    if (!runs)
        printf("skipped: KSM does not run, and this process may not write to /sys/kernel/mm/ksm/run\n");
    for (size_t i = 0; i < COUNT_OF(tests) && runs; i++) {
        struct outcome outcome;
        failed |= !run_case(tests[i].name, &outcome);
    }
    ksm_set_back();
    return failed != 0 ? 1 : runs ? 0 : SKIPPED;
}

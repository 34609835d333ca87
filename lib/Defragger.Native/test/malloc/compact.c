/*
 * Merging pages (df_compact), in processes with one thread: memory comes back, and no byte changes, whatever
 * the process and its children do.
 *
 *   defrag-malloc-compact              each case, in a process of its own
 *   defrag-malloc-compact NAME ""      one of them
 *
 * Cases that need root or a cgroup are skipped, with the reason, where that is not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sparse.h"

enum { BLOCKS = 400000, SHARE = 50 };

static struct survivor survivors[SPARSE_MOST], others[SPARSE_MOST];

/* --- What it is for --- */

static int saves(void)
{
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 0); /* the test's own memory is touched */
    sparse_free(&sparse);
    struct api api = api_load();
    api.trim();
    uint64_t before = memory_pss();
    sparse = sparse_make(survivors, BLOCKS, SHARE, 1);
    struct df_malloc_statistics heap = api_statistics(&api);
    DEMAND(compact_merges());
    struct df_compact_statistics now = compact_statistics();
    api.trim();
    uint64_t after = memory_pss();
    printf("pinned %llu KiB, live %llu KiB; Pss %llu KiB, before %llu; merged %llu KiB on %llu KiB, %llu "
           "mappings\n",
           (unsigned long long)heap.pinned / KIB, (unsigned long long)heap.live / KIB,
           (unsigned long long)after / KIB, (unsigned long long)before / KIB,
           (unsigned long long)now.merged / KIB, (unsigned long long)now.stored / KIB,
           (unsigned long long)now.mappings);
    DEMAND(sparse_holds(&sparse));
    DEMAND(now.answer == DF_COMPACTED && now.merged >= 4 * now.stored && now.saved > now.merged / 2);
    DEMAND(now.merges * 4096 == now.merged && now.unmerges == 0 && now.compactions == 1);
    DEMAND(after < before + heap.pinned / 2);
    /* Nothing is left to do. */
    enum df_compact_answer again = compact_answer();
    printf("again: answer %d, merged %llu KiB\n", again,
           (unsigned long long)compact_statistics().merged / KIB);
    DEMAND(again == DF_COMPACT_LITTLE && compact_statistics().merged + MIB / 16 > now.merged);
    sparse_free(&sparse);
    api.trim();
    printf("freed: Pss %llu KiB\n", (unsigned long long)memory_pss() / KIB);
    DEMAND(compact_statistics().merged < MIB && memory_pss() < before + MIB);
    return 0;
}

/* What was written to is noticed, and merged again; what is free of it can be used again. */
static int goes_on(void)
{
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 2);
    for (uint64_t seed = 10; seed < 20; seed++) {
        DEMAND(compact_merges());
        DEMAND(sparse_holds(&sparse));
        sparse_write(&sparse, seed);
        DEMAND(sparse_holds(&sparse));
    }
    struct df_compact_statistics now = compact_statistics();
    DEMAND(now.unmerges > 0 && now.unmerges <= now.merges);
    /* Zeros where zeros are promised: what lay in a store must not come back. */
    struct sparse more = sparse_make(others, BLOCKS, 2, 3);
    sparse_free(&more);
    compact_all();
    for (size_t i = 0; i < SPARSE_MOST; i++) {
        others[i] = (struct survivor){calloc(1, 16 + i % 3000), 16 + i % 3000, 0};
        DEMAND(others[i].block != NULL && all_bytes(others[i].block, others[i].size, 0));
    }
    more.count = SPARSE_MOST;
    sparse_write(&more, 4);
    DEMAND(sparse_holds(&sparse) && sparse_holds(&more));
    sparse_free(&sparse);
    sparse_free(&more);
    return 0;
}

/* The hardened mode gives out zeros: no bytes of other blocks, which a page showed while it was merged. */
static int leaves_zeros(void)
{
    uint64_t (*compact)(uint64_t);
    api_find("df_compact", &compact, sizeof compact);
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 64);
    DEMAND(compact_merges());
    sparse_write(&sparse, 65);
    compact(0); /* they are ordinary again, and stay so */
    DEMAND(compact_statistics().unmerges > 1000);
    for (size_t i = 0; i < BLOCKS / 4; i++) {
        void *block = malloc(16 + i % 145);
        DEMAND(block != NULL && all_bytes(block, 16 + i % 145, 0));
    }
    DEMAND(sparse_holds(&sparse));
    return 0;
}

/* Survivors die one after the other, between compactions and blocks that come and go. */
static int dies(void)
{
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 5);
    struct random random = {6};
    DEMAND(compact_merges());
    while (sparse.count > 0) {
        for (size_t i = 0; i < SPARSE_MOST / 20 && sparse.count > 0; i++) {
            size_t at = random_below(&random, (uint32_t)sparse.count);
            struct survivor dead = sparse.survivors[at];
            DEMAND(pattern_holds(dead.block, dead.size, dead.key));
            sparse.survivors[at] = sparse.survivors[--sparse.count];
            free(dead.block);
        }
        struct sparse more = sparse_make(others, BLOCKS / 10, SHARE, sparse.count);
        compact_all();
        DEMAND(sparse_holds(&sparse) && sparse_holds(&more));
        sparse_free(&more);
    }
    malloc_trim(0);
    return 0;
}

/* Resizing, up and down, in place and not. */
static int resizes(void)
{
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 7);
    struct random random = {8};
    DEMAND(compact_merges());
    for (size_t i = 0; i < sparse.count; i++) {
        struct survivor *each = &sparse.survivors[i];
        size_t size = 1 + random_size(&random, 12), kept = size < each->size ? size : each->size;
        unsigned char copy[200];
        memcpy(copy, each->block, kept);
        each->block = realloc(each->block, size);
        DEMAND(each->block != NULL && memcmp(each->block, copy, kept) == 0);
        DEMAND(malloc_usable_size(each->block) >= size);
        each->size = size;
    }
    sparse_write(&sparse, 9);
    compact_all();
    DEMAND(sparse_holds(&sparse));
    sparse_free(&sparse);
    return 0;
}

/* --- Fork and its like --- */

static struct sparse shared;

/* Writes to all it has, more than once, compacts in between, and has children that do the same. */
static int child_of(void *depth)
{
    uintptr_t left = (uintptr_t)depth;
    DEMAND(sparse_holds(&shared));
    sparse_write(&shared, (uint64_t)getpid());
    compact_all();
    DEMAND(sparse_holds(&shared));
    if (left > 0)
        DEMAND(exited_with(run_forked(child_of, (void *)(left - 1)), 0));
    sparse_write(&shared, (uint64_t)getpid() + 1);
    DEMAND(sparse_holds(&shared));
    return 0;
}

static int forks(void)
{
    enum { ROUNDS = 12, CHILDREN = 3 };
    shared = sparse_make(survivors, BLOCKS / 2, SHARE, 20);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        pid_t children[CHILDREN];
        DEMAND(compact_merges());
        for (int i = 0; i < CHILDREN; i++) {
            children[i] = fork();
            DEMAND(children[i] >= 0);
            if (children[i] == 0)
                _exit(child_of((void *)(uintptr_t)1));
        }
        sparse_write(&shared, 100 + round); /* while they write to theirs */
        for (int i = 0; i < CHILDREN; i++) {
            int status;
            DEMAND(waitpid(children[i], &status, 0) == children[i] && exited_with(status, 0));
        }
        DEMAND(sparse_holds(&shared));
    }
    return 0;
}

/* A child that has its parent's memory does not merge it, and what the parent merged stays. */
static int borrows(void)
{
    int status;
    shared = sparse_make(survivors, BLOCKS, SHARE, 21);
    malloc_trim(0);
    struct sparse more = sparse_make(others, BLOCKS, SHARE, 22);
    pid_t child = vfork();
    DEMAND(child >= 0);
    if (child == 0)
        _exit(compact_answer() == DF_COMPACT_BORROWED ? 0 : 1);
    DEMAND(waitpid(child, &status, 0) == child && exited_with(status, 0));
    DEMAND(compact_merges());
    for (int i = 0; i < 20; i++) {
        char *words[] = {(char *)"true", NULL};
        DEMAND(posix_spawnp(&child, "true", NULL, NULL, words, environ) == 0);
        DEMAND(waitpid(child, &status, 0) == child && exited_with(status, 0));
        DEMAND(sparse_holds(&shared) && sparse_holds(&more));
    }
    return 0;
}

/* Killed at any moment: others that share pages with the dead keep them. */
static int is_killed(void)
{
    struct random random = {23};
    shared = sparse_make(survivors, BLOCKS / 2, SHARE, 24);
    DEMAND(compact_merges());
    for (int i = 0; i < 40; i++) {
        int status;
        pid_t child = fork();
        DEMAND(child >= 0);
        while (child == 0) {
            sparse_write(&shared, random_next(&random));
            compact_all();
        }
        sleep_ms(random_below(&random, 40));
        kill(child, SIGKILL);
        DEMAND(waitpid(child, &status, 0) == child && killed_by(status, SIGKILL));
        DEMAND(sparse_holds(&shared));
    }
    return 0;
}

/* --- Signals --- */

static volatile sig_atomic_t interruptions;
static uint64_t *volatile counters[1000];

/* Writes to small blocks on sparse pages. */
static void interrupt(int number)
{
    (void)number;
    for (size_t i = 0; i < COUNT_OF(counters); i++)
        if (counters[i] != NULL)
            ++*counters[i];
    interruptions = interruptions + 1;
}

static int interrupted(void)
{
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 25);
    DEMAND(sparse.count > COUNT_OF(counters));
    for (size_t i = 0; i < COUNT_OF(counters); i++) {
        memset(survivors[i].block, 0, survivors[i].size);
        counters[i] = (uint64_t *)(void *)survivors[i].block;
    }
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
    DEMAND(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
    for (int i = 0; i < 60; i++)
        compact_all();
    setitimer(ITIMER_REAL, &never, NULL);
    printf("%d interruptions, %llu merges\n", (int)interruptions,
           (unsigned long long)compact_statistics().merges);
    DEMAND(interruptions > 60 && compact_statistics().merges > 0);
    for (size_t i = 0; i < COUNT_OF(counters); i++)
        DEMAND(*counters[i] == (uint64_t)interruptions);
    return 0;
}

/* --- When it must not be --- */

static void *rest(void *gate)
{
    char byte;
    while (read(*(int *)gate, &byte, 1) < 0 && errno == EINTR)
        ;
    return NULL;
}

static int in_secret(enum df_compact_answer expected, const char *what)
{
    uint64_t merges = compact_statistics().merges;
    enum df_compact_answer answer = compact_answer();
    if (answer != expected)
        printf("%s: the answer is %d, not %d\n", what, answer, expected);
    return answer == expected && compact_statistics().merges == merges && sparse_holds(&shared) ? 0 : 1;
}

/* Nobody: without the right to hold up threads. Whoever changes rights may not read its own /proc any more,
 * unless it says that it has no secrets. */
static void lose_rights(void)
{
    if (geteuid() == 0)
        DEMAND(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0 &&
               prctl(PR_SET_DUMPABLE, 1) == 0);
}

static int beside_a_thread(void *unused)
{
    (void)unused;
    static int gate[2];
    pthread_t thread;
    DEMAND(pipe(gate) == 0 && pthread_create(&thread, NULL, rest, &gate[0]) == 0);
    lose_rights();
    return in_secret(DF_COMPACT_THREADS, "another thread");
}

static int beside_aio(void *unused)
{
    (void)unused;
    aio_context_t context = 0;
    if (syscall(SYS_io_setup, 8, &context) != 0) {
        printf("skipped: io_setup: errno %d\n", errno);
        return 0;
    }
    return in_secret(DF_COMPACT_ASYNCHRONOUS, "AIO");
}

static int beside_io_uring(void *unused)
{
    (void)unused;
    unsigned char parameters[120] = {0};
    if (syscall(SYS_io_uring_setup, 8, parameters) < 0) {
        printf("skipped: io_uring_setup: errno %d\n", errno);
        return 0;
    }
    return in_secret(DF_COMPACT_ASYNCHRONOUS, "io_uring");
}

static int with_locked_memory(void *unused)
{
    (void)unused;
    static unsigned char page[8192];
    if (mlock(page, sizeof page) != 0) {
        printf("skipped: mlock: errno %d\n", errno);
        return 0;
    }
    return in_secret(DF_COMPACT_LOCKED, "locked memory");
}

static int with_a_limit(int resource, rlim_t most, enum df_compact_answer expected, const char *what)
{
    struct rlimit limit = {most, most};
    DEMAND(setrlimit(resource, &limit) == 0);
    return in_secret(expected, what);
}

static int with_short_files(void *unused)
{
    (void)unused;
    return with_a_limit(RLIMIT_FSIZE, 1000, DF_COMPACT_IMPOSSIBLE, "short files");
}

static int with_a_shut_page(void *unused)
{
    (void)unused;
    void *page = aligned_alloc(4096, 4096);
    DEMAND(page != NULL && mprotect(page, 4096, PROT_NONE) == 0);
    return in_secret(DF_COMPACT_SHUT, "a page that is shut");
}

static int is_refused(void)
{
    static int (*const cases[])(void *) = {beside_aio,       beside_io_uring,  with_locked_memory,
                                           with_short_files, with_a_shut_page, beside_a_thread};
    int failed = 0;
    shared = sparse_make(survivors, BLOCKS, SHARE, 30);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        failed |= !exited_with(run_forked(cases[i], &shared), 0);
    DEMAND(compact_merges()); /* it was for these reasons only */
    return failed;
}

/* --- Scarcity --- */

static bool write_text(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0)
        close(file);
    return written;
}

/* Takes all mappings that the system allows this process but so many: of a large one every second page is
 * shut. */
static void mappings_leave(size_t left)
{
    char text[32] = "";
    size_t now = 0, most;
    int file = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
    DEMAND(file >= 0 && read(file, text, sizeof text - 1) > 0);
    close(file);
    most = strtoul(text, NULL, 10);
    FILE *maps = fopen("/proc/self/maps", "r");
    DEMAND(maps != NULL);
    for (int byte; (byte = getc(maps)) != EOF;)
        now += byte == '\n';
    fclose(maps);
    DEMAND(now + left < most);
    size_t pages = most - now - left;
    unsigned char *at =
        mmap(NULL, pages * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    DEMAND(at != MAP_FAILED);
    for (size_t i = 0; i + 1 < pages; i += 2)
        DEMAND(mprotect(at + i * 4096, 4096, PROT_NONE) == 0);
}

/* With few mappings left: half of those at most become ours, and the program gets its own. */
static int maps_little(void)
{
    enum { LEFT = 1000 };
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 40);
    mappings_leave(LEFT);
    enum df_compact_answer answer = compact_answer();
    struct df_compact_statistics now = compact_statistics();
    printf("few mappings: %llu taken, %llu KiB merged, answer %d\n", (unsigned long long)now.mappings,
           (unsigned long long)now.merged / KIB, answer);
    DEMAND(answer == DF_COMPACT_MAPPINGS && now.merged > 0 && now.mappings <= LEFT / 2 + 10);
    for (size_t i = 0; i < LEFT / 5; i++) { /* two mappings each */
        void *at = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        DEMAND(at != MAP_FAILED && mprotect(at, 4096, PROT_READ | PROT_WRITE) == 0);
    }
    sparse_write(&sparse, 41);
    compact_all();
    DEMAND(sparse_holds(&sparse));
    sparse_free(&sparse);
    malloc_trim(0);
    return 0;
}

/* With none left at all nothing can be merged, and nothing is lost. */
static int maps_nothing(void)
{
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 42);
    DEMAND(compact_merges());
    sparse_write(&sparse, 43);
    mappings_leave(3);
    for (uint64_t seed = 44; seed < 48; seed++) {
        compact_all();
        DEMAND(sparse_holds(&sparse));
        sparse_write(&sparse, seed);
    }
    sparse_free(&sparse);
    malloc_trim(0);
    return 0;
}

struct group {
    char folder[200];
    const char *limit, *usage; /* names of its files */
};

/* A memory cgroup of our own, version 1 or 2; false: none can be made. */
static bool cgroup_make(struct group *group)
{
    static const struct {
        const char *root, *limit, *usage;
    } kinds[] = {{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"},
                 {"/sys/fs/cgroup", "memory.max", "memory.current"}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        char path[300];
        snprintf(group->folder, sizeof group->folder, "%s/defrag-test-%d", kinds[i].root, (int)getpid());
        if (mkdir(group->folder, 0755) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", group->folder, kinds[i].limit);
        group->limit = kinds[i].limit;
        group->usage = kinds[i].usage;
        if (access(path, W_OK) == 0)
            return true;
        rmdir(group->folder);
    }
    return false;
}

static size_t read_number(const char *path)
{
    char text[32] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    DEMAND(file >= 0 && read(file, text, sizeof text - 1) > 0);
    close(file);
    return strtoul(text, NULL, 10);
}

/* A few pages more than it has: merging itself has to do with that. */
static int at_the_limit(void *argument)
{
    const struct group *group = argument;
    char path[300], text[32];
    snprintf(path, sizeof path, "%s/cgroup.procs", group->folder);
    DEMAND(write_text(path, "0"));
    struct sparse sparse = sparse_make(survivors, BLOCKS, 20, 50);
    malloc_usable_size(sparse.survivors[0].block);
    snprintf(path, sizeof path, "%s/%s", group->folder, group->usage);
    size_t usage = read_number(path);
    snprintf(text, sizeof text, "%zu", usage + MIB / 2);
    snprintf(path, sizeof path, "%s/%s", group->folder, group->limit);
    DEMAND(write_text(path, text));
    for (uint64_t seed = 51; seed < 60; seed++) {
        compact_all();
        DEMAND(sparse_holds(&sparse));
        for (size_t i = 0; i < sparse.count; i += 100) /* some pages are its own again */
            pattern_fill(sparse.survivors[i].block, sparse.survivors[i].size, sparse.survivors[i].key);
    }
    snprintf(path, sizeof path, "%s/%s", group->folder, group->usage);
    size_t now = read_number(path);
    printf("at the limit: charged %zu KiB, then %zu KiB, by %llu merges\n", usage / KIB, now / KIB,
           (unsigned long long)compact_statistics().merges);
    return compact_statistics().merges > 0 && now < usage ? 0 : 1;
}

static int is_limited(void)
{
    struct group group;
    if (!cgroup_make(&group)) {
        printf("skipped: no memory cgroup can be made here (root, and a hierarchy that may be written)\n");
        return SKIPPED;
    }
    int status = run_forked(at_the_limit, &group);
    for (int i = 0; i < 100 && rmdir(group.folder) != 0; i++)
        sleep_ms(20);
    return exited_with(status, 0) ? 0 : 1;
}

/* --- By itself, and not at all --- */

/* Our own thread comes and goes with each compaction, and is never taken for one of the program's. */
static int stays_alone(void)
{
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 59);
    lose_rights();
    for (uint64_t seed = 1; seed <= 60; seed++) {
        DEMAND(compact_merges());
        sparse_write(&sparse, seed);
    }
    return 0;
}

static int by_itself(void)
{
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 60);
    for (int i = 0; i < 100 && compact_statistics().merges == 0; i++) {
        sleep_ms(100);
        free(malloc(100000)); /* a call that may do what our thread may not */
    }
    DEMAND(compact_statistics().merges > 0 && sparse_holds(&sparse));
    uint64_t merges = 0;
    for (int i = 0; i < 60; i++) { /* all is written to, again and again: it has to back off */
        sparse_write(&sparse, 61);
        sleep_ms(50);
        free(malloc(100000));
        merges = compact_statistics().merges;
    }
    printf("%llu merges of %llu pages\n", (unsigned long long)merges,
           (unsigned long long)compact_statistics().merged / 4096);
    DEMAND(sparse_holds(&sparse) && compact_statistics().compactions <= 4);
    return 0;
}

/* Where our thread may not, a call of the program does it. */
static int by_a_call(void)
{
    lose_rights();
    return by_itself();
}

/* UFFD_FEATURE_WP_ASYNC of Linux 6.7, for user mode only: no right is needed. */
static bool may_watch(void)
{
    struct {
        uint64_t api, features, ioctls;
    } asked = {0xAA, UINT64_C(1) << 15, 0};
    int watch = (int)syscall(SYS_userfaultfd, O_CLOEXEC | 1);
    bool may = watch >= 0 && ioctl(watch, _IOWR(0xAA, 0x3F, asked), &asked) == 0;
    if (watch >= 0)
        close(watch);
    return may;
}

/* Writes to every fourth survivor now and then, for so many milliseconds. */
static void stay_hot(struct sparse *sparse, int milliseconds)
{
    for (int waited = 0; waited < milliseconds; waited += 50) {
        for (size_t i = 0; i < sparse->count; i += 4)
            pattern_fill(sparse->survivors[i].block, sparse->survivors[i].size, sparse->survivors[i].key);
        sleep_ms(50);
        free(malloc(100000));
    }
}

/* Pages that are written to all the time are merged once, and no more; those that are not stay merged. */
static int spares_hot_pages(void)
{
    if (!may_watch()) {
        printf("skipped: the kernel has no asynchronous write protection (Linux 6.7, userfaultfd)\n");
        return SKIPPED;
    }
    struct sparse sparse = sparse_make(survivors, BLOCKS, SHARE, 63);
    for (int i = 0;
         i < 100 && (compact_statistics().merges == 0 || compact_statistics().answer != DF_COMPACTED); i++) {
        sleep_ms(100);
        free(malloc(100000));
    }
    struct df_compact_statistics first = compact_statistics(), now = first;
    DEMAND(first.merges > 2000);
    for (int i = 0; i < 100 && now.unmerges <= first.merges / 8; i++, now = compact_statistics())
        stay_hot(&sparse, 200);
    uint64_t undone = now.unmerges;
    stay_hot(&sparse, 11000); /* what is merged again would be undone again, within four seconds */
    now = compact_statistics();
    printf("%llu pages merged; %llu of them written to, then %llu more\n", (unsigned long long)first.merges,
           (unsigned long long)undone, (unsigned long long)(now.unmerges - undone));
    DEMAND(undone > first.merges / 8 && now.unmerges - undone < undone / 4);
    DEMAND(now.merged > first.merged / 3 && sparse_holds(&sparse));
    return 0;
}

static int spares_them_by_a_call(void)
{
    lose_rights();
    return spares_hot_pages();
}

static int is_off(void)
{
    shared = sparse_make(survivors, BLOCKS, SHARE, 62);
    int wrong = in_secret(DF_COMPACT_OFF, "DEFRAGGER_MERGE=off");
    malloc_trim(0);
    return wrong | (compact_statistics().merges != 0);
}

/* --- All of them --- */

static const struct test {
    const char *name;
    int (*run)(void);
    const char *setting;
} tests[] = {
    {"saves", saves, NULL},
    {"goes on", goes_on, NULL},
    {"dies", dies, NULL},
    {"resizes", resizes, NULL},
    {"hardened", goes_on, "DEFRAGGER_HARDENED=1"},
    {"leaves zeros", leaves_zeros, "DEFRAGGER_HARDENED=1"},
    {"forks", forks, NULL},
    {"borrows", borrows, NULL},
    {"is killed", is_killed, NULL},
    {"is interrupted", interrupted, NULL},
    {"is refused", is_refused, NULL},
    {"maps little", maps_little, NULL},
    {"maps nothing", maps_nothing, NULL},
    {"is limited", is_limited, NULL},
    {"by itself", by_itself, "DEFRAGGER_MERGE=auto"},
    {"by a call", by_a_call, "DEFRAGGER_MERGE=auto"},
    {"spares hot pages", spares_hot_pages, "DEFRAGGER_MERGE=auto"},
    {"spares them by a call", spares_them_by_a_call, "DEFRAGGER_MERGE=auto"},
    {"stays alone", stays_alone, NULL},
    {"is off", is_off, "DEFRAGGER_MERGE=off"},
};

int main(int count, char **arguments)
{
    api_or_skip();
    guard_seconds(200);
    for (size_t i = 0; i < COUNT_OF(tests) && count == 3; i++)
        if (strcmp(arguments[1], tests[i].name) == 0)
            return tests[i].run();
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        const char *settings[] = {tests[i].setting, NULL};
        struct outcome outcome;
        run_self(tests[i].name, "", settings, &outcome);
        bool good = exited_with(outcome.status, 0) || exited_with(outcome.status, SKIPPED);
        printf("%s: %s%s%s", tests[i].name, good ? "" : "failed\n", outcome.out, outcome.err);
        if (good && outcome.out[0] == '\0')
            printf("\n");
        failed |= !good;
    }
    return failed;
}

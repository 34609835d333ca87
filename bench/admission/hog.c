/*
 * A case whose memory follows a curve: hog CURVE [WORD...]. Words after the curve (a comparer's second file)
 * mean nothing.
 *
 * CURVE is a file of lines "milliseconds kilobytes", times rising from 0; between two points the memory grows
 * or falls evenly. What is held is touched, in huge pages where the machine gives them; at the end all is
 * freed.
 *
 * With HOG_RECORDS set, a file of its own in that directory says, also when it is killed: whether it ended,
 * its processor time and the time it has run, in microseconds, as three u64; then the name of the curve. That
 * is how lost work is counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { STEP_US = 10 * 1000, POINTS = 64, HUGE_BYTES = 2 << 20 };

struct point {
    uint64_t us, bytes;
};

struct record {
    uint64_t ended, cpu_us, wall_us;
    char name[1024]; /* ended by NUL */
};

static struct point curve[POINTS];
static size_t points;
static struct record unrecorded;
static struct record *record = &unrecorded;

static uint64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "hog: %s %s: %s\n", what, name, strerror(errno));
    exit(2);
}

static void read_curve(const char *name)
{
    unsigned long long ms, kilobytes;
    FILE *file = fopen(name, "re");
    if (file == NULL)
        fail("cannot read", name);
    while (points < POINTS && fscanf(file, "%llu %llu", &ms, &kilobytes) == 2)
        curve[points++] = (struct point){.us = ms * 1000, .bytes = kilobytes * 1024};
    fclose(file);
    if (points < 2) {
        fprintf(stderr, "hog: %s has %zu points, two are the least\n", name, points);
        exit(2);
    }
}

static void open_record(const char *directory, const char *curve_name)
{
    char name[4096];
    snprintf(name, sizeof name, "%s/%ld", directory, (long)getpid());
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof *record) != 0)
        fail("cannot make", name);
    record = mmap(NULL, sizeof *record, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (record == MAP_FAILED)
        fail("cannot map", name);
    close(fd);
    snprintf(record->name, sizeof record->name, "%s", curve_name);
}

/* What the curve has at a time. */
static uint64_t bytes_at(uint64_t us)
{
    size_t next = 1;
    while (next + 1 < points && curve[next].us < us)
        next++;
    const struct point *from = &curve[next - 1], *to = &curve[next];
    if (us >= to->us || to->us == from->us)
        return to->bytes;
    double share = (double)(us - from->us) / (double)(to->us - from->us);
    return (uint64_t)((double)from->bytes + share * ((double)to->bytes - (double)from->bytes));
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: hog CURVE\n");
        return 2;
    }
    uint64_t began = clock_us(CLOCK_MONOTONIC), most = 0;
    read_curve(argv[1]);
    const char *records = getenv("HOG_RECORDS");
    if (records != NULL)
        open_record(records, argv[1]);
    for (size_t i = 0; i < points; i++)
        most = curve[i].bytes > most ? curve[i].bytes : most;
    size_t room = (most + 2 * (size_t)HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
    char *memory =
        mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        fail("cannot map for", argv[1]);
    madvise(memory, room, MADV_HUGEPAGE);

    uint64_t held = 0, now = 0, last = curve[points - 1].us;
    const struct timespec step = {.tv_nsec = STEP_US * 1000};
    while (now < last) {
        uint64_t wanted = bytes_at(now);
        for (; held < wanted; held += 4096)
            memory[held] = 1;
        if (wanted + HUGE_BYTES < held) {
            wanted = (wanted + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
            madvise(memory + wanted, held - wanted, MADV_DONTNEED);
            held = wanted;
        }
        record->cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
        record->wall_us = now;
        nanosleep(&step, NULL);
        now = clock_us(CLOCK_MONOTONIC) - began;
    }
    munmap(memory, room);
    record->cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    record->wall_us = now;
    record->ended = 1;
    return 0;
}

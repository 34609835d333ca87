/*
 * The order of a recording (src/malloc/record.h): threads hand blocks to each other, resize and free them,
 * and in the sequence that a reader makes of it no address is got while it is live, none is given up that is
 * not, and at the end none is left.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/malloc/record.h"
#include "../check.h"
#include "api.h"

enum { THREADS = 4, STEPS = 100000, SHARED = 64, KNOWN = 1 << 20 };

static struct api api;
static char path[] = "/tmp/defragger-order-XXXXXX/recording";

/* --- The program that is recorded --- */

static _Atomic(void *) shared[SHARED];

static void *work(void *seed)
{
    struct random random = {(uint64_t)(uintptr_t)seed};
    for (int i = 0; i < STEPS; i++) {
        unsigned bits = random_below(&random, 1000) == 0 ? 21 : 9; /* now and then a mapping */
        void *block = i % 7 == 0 ? calloc(1, random_size(&random, bits)) : malloc(random_size(&random, bits));
        if (i % 31 == 0) {
            free(block);
            block = aligned_alloc(64, 100);
        }
        block = atomic_exchange(&shared[random_below(&random, SHARED)], block);
        if (random_below(&random, 3) == 0)
            block = realloc(block, random_size(&random, bits) + 1);
        free(block);
    }
    return NULL;
}

static void record(void)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        DEMAND(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < SHARED; i++)
        free(atomic_exchange(&shared[i], NULL));
}

/* --- Reading --- */

struct event {
    uint64_t order, granule; /* twice the counter, and 1 where the address is given up */
};

struct cursor {
    const unsigned char *at, *end; /* within a piece */
    const unsigned char *next;     /* where to look for the piece that follows */
    uint64_t stamp, granule;
    struct event event;
    bool arrives, over;
};

static struct cursor cursors[64];
static const unsigned char *file_end;

static uint64_t take_number(struct cursor *cursor)
{
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        DEMAND(cursor->at < cursor->end && shift < 64);
        number |= (uint64_t)(*cursor->at & 0x7F) << shift;
        if ((*cursor->at++ & 0x80) == 0)
            return number;
    }
}

static void take_address(struct cursor *cursor)
{
    uint64_t zigzag = take_number(cursor);
    cursor->granule += zigzag >> 1 ^ (0 - (zigzag & 1));
}

static bool find_piece(struct cursor *cursor)
{
    uint32_t thread = (uint32_t)(cursor - cursors);
    while (cursor->next < file_end) {
        struct record_piece piece;
        memcpy(&piece, cursor->next, sizeof piece);
        cursor->at = cursor->next + sizeof piece;
        cursor->end = cursor->next = cursor->at + piece.length;
        DEMAND(cursor->end <= file_end && piece.length > 0 && piece.thread < COUNT_OF(cursors));
        cursor->stamp = piece.stamp;
        cursor->granule = 0;
        if (piece.thread == thread)
            return true;
    }
    return false;
}

static void read_record(struct cursor *cursor)
{
    unsigned head = *cursor->at++, kind = head & 7;
    DEMAND(kind <= RESIZE);
    cursor->stamp += head >> 3 < 31 ? head >> 3 : take_number(cursor);
    take_address(cursor);
    cursor->event = (struct event){cursor->stamp * 2 + (kind >= RELEASE), cursor->granule};
    cursor->arrives = kind == RESIZE;
    if (kind < RELEASE)
        take_number(cursor);
    if (kind == ALIGNED)
        DEMAND(*cursor->at++ < 48);
}

static void read_arrival(struct cursor *cursor)
{
    take_address(cursor);
    cursor->stamp += take_number(cursor);
    cursor->event = (struct event){cursor->stamp * 2, cursor->granule};
    cursor->arrives = false;
    take_number(cursor);
}

static void advance(struct cursor *cursor)
{
    uint64_t before = cursor->event.order;
    if (cursor->arrives)
        read_arrival(cursor);
    else if (cursor->at < cursor->end || find_piece(cursor))
        read_record(cursor);
    else
        cursor->over = true;
    DEMAND(cursor->event.order >= before);
}

/* The cursor of the event that comes next; NULL: there is none. */
static struct cursor *next_cursor(void)
{
    struct cursor *next = NULL;
    for (size_t i = 0; i < COUNT_OF(cursors); i++)
        if (!cursors[i].over && (next == NULL || cursors[i].event.order < next->event.order))
            next = &cursors[i];
    return next;
}

/* --- Which addresses are live --- */

static struct known {
    uint64_t granule;
    bool live;
} known[KNOWN];

static bool *live_at(uint64_t granule)
{
    size_t place = (size_t)(granule * UINT64_C(0x9E3779B97F4A7C15) >> 32) % KNOWN;
    for (size_t i = 0; known[place].granule != granule && known[place].granule != 0; i++) {
        DEMAND(i < KNOWN);
        place = (place + 1) % KNOWN;
    }
    known[place].granule = granule;
    return &known[place].live;
}

static void judge(const unsigned char *bytes)
{
    struct record_header header;
    memcpy(&header, bytes, sizeof header);
    CHECK(memcmp(header.magic, RECORD_MAGIC, sizeof header.magic) == 0 && header.order == RECORD_ORDER &&
          header.version == RECORD_VERSION && header.granule == 16 && header.process == (uint32_t)getpid());
    size_t events = 0, twice = 0, unknown = 0, left = 0;
    for (size_t i = 0; i < COUNT_OF(cursors); i++) {
        cursors[i].next = bytes + sizeof header;
        advance(&cursors[i]);
    }
    for (struct cursor *cursor; (cursor = next_cursor()) != NULL; advance(cursor), events++) {
        bool *live = live_at(cursor->event.granule), gives_up = (cursor->event.order & 1) != 0;
        twice += !gives_up && *live;
        unknown += gives_up && !*live;
        *live = !gives_up;
    }
    for (size_t i = 0; i < KNOWN; i++)
        left += known[i].live;
    printf("%zu events, %zu got twice, %zu unknown, %zu left\n", events, twice, unknown, left);
    CHECK(events > 2 * THREADS * STEPS && twice == 0);
    /* What the C library keeps for threads, one of which may be ours. */
    CHECK(unknown <= THREADS + 1 && left <= THREADS + 1);
}

int main(void)
{
    api = api_or_skip();
    char *slash = strrchr(path, '/');
    *slash = '\0';
    DEMAND(mkdtemp(path) != NULL);
    *slash = '/';
    DEMAND(api.record_start(path) == 0);
    record();
    CHECK(api.record_stop() == 0);
    FILE *file = fopen(path, "r");
    DEMAND(file != NULL && fseek(file, 0, SEEK_END) == 0);
    size_t length = (size_t)ftell(file);
    const unsigned char *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fileno(file), 0);
    DEMAND(bytes != MAP_FAILED);
    file_end = bytes + length;
    judge(bytes);
    fclose(file);
    unlink(path);
    *slash = '\0';
    rmdir(path);
    return check_end();
}

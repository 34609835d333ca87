/* See recording.h. */
#include "recording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../src/malloc/record.h"
#include "fail.h"
#include "pages.h"

enum {
    PIECE_ALIGNMENT = 8,
    KIND_BITS = 3,
    KIND_MASK = (1 << KIND_BITS) - 1,
    NO_CODE = 0,
    ALIGNMENT_BITS_USUAL = 4,
    ALIGNMENT_BITS_MOST = 30,
};

static const uint64_t SIZE_MOST = UINT64_C(1) << 48;

struct piece {
    uint64_t offset, stamp;
    uint32_t length, next; /* of the same thread; 0: none, they are counted from 1 */
};

struct thread {
    uint32_t number, first, last; /* pieces: the one to read next, and the last */
    unsigned char *bytes;         /* of the piece that is read; NULL: none */
    const unsigned char *at, *end;
    uint64_t counter, granule; /* of the next record, if nothing is skipped; the last */
    uint64_t sizes[RECORD_PLACES], addresses[RECORD_PLACES];
    uint64_t order; /* of the next event, or not above it */
    bool is_read;   /* `event` is the next */
    bool arrives;   /* `arrival` is the one after it */
    struct event event, arrival;
    uint64_t arrival_order;
    struct in_flight between;
};

struct recording {
    int descriptor;
    const char *path;
    struct recording_facts facts;
    struct piece *pieces; /* from 1 */
    uint32_t piece_count, piece_room;
    struct thread **threads; /* a heap of those with events, the next first */
    uint32_t thread_count, thread_room;
    struct thread **by_number;
    uint32_t number_room;
};

/* --- Reading --- */

static _Noreturn void damage(const struct recording *recording, const char *what, uint64_t number)
{
    fail(FAULT_IN_INPUT, "'%s' is no sound recording: %s %" PRIu64 ".", recording->path, what, number);
}

static size_t read_at(int descriptor, void *bytes, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(descriptor, (char *)bytes + done, size - done, (off_t)(offset + done));
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

static void *grown(void *array, uint32_t *room, size_t size)
{
    *room = *room == 0 ? 64 : 2 * *room;
    void *larger = realloc(array, *room * size);
    if (larger == NULL)
        fail(FAULT_IN_INPUT, "there is no memory for the list of pieces");
    return larger;
}

bool recording_is_one(int descriptor)
{
    char magic[sizeof RECORD_MAGIC - 1];
    return read_at(descriptor, magic, sizeof magic, 0) == sizeof magic &&
           memcmp(magic, RECORD_MAGIC, sizeof magic) == 0;
}

/* --- Pieces and threads --- */

static struct thread *thread_of(struct recording *recording, uint32_t number)
{
    enum { NUMBER_MOST = 1 << 24 };
    if (number == 0 || number > NUMBER_MOST)
        damage(recording, "it has a thread of number", number);
    while (number >= recording->number_room) {
        uint32_t before = recording->number_room;
        recording->by_number =
            grown(recording->by_number, &recording->number_room, sizeof *recording->by_number);
        memset(recording->by_number + before, 0,
               (recording->number_room - before) * sizeof *recording->by_number);
    }
    struct thread *thread = recording->by_number[number];
    if (thread == NULL) {
        thread = calloc(1, sizeof *thread);
        if (thread == NULL)
            fail(FAULT_IN_INPUT, "there is no memory for %" PRIu32 " threads", number);
        thread->number = number;
        recording->by_number[number] = thread;
        recording->facts.threads++;
    }
    return thread;
}

static void piece_add(struct recording *recording, const struct record_piece *head, uint64_t offset)
{
    if (recording->piece_count + 1 >= recording->piece_room)
        recording->pieces = grown(recording->pieces, &recording->piece_room, sizeof *recording->pieces);
    uint32_t piece = ++recording->piece_count;
    recording->pieces[piece] = (struct piece){offset, head->stamp, head->length, 0};
    struct thread *thread = thread_of(recording, head->thread);
    if (thread->last != 0)
        recording->pieces[thread->last].next = piece;
    else
        thread->first = piece;
    thread->last = piece;
    recording->facts.bytes += head->length;
}

/* The pieces of a region. */
static void find_in_region(struct recording *recording, uint64_t at, uint64_t end)
{
    struct record_piece head;
    while (at + sizeof head <= end && read_at(recording->descriptor, &head, sizeof head, at) == sizeof head &&
           head.thread != 0) {
        if (head.length > end - at - sizeof head)
            damage(recording, "it has a piece of a wrong length at byte", at);
        at += sizeof head;
        if (head.length > 0)
            piece_add(recording, &head, at);
        at += (head.length + PIECE_ALIGNMENT - 1) / PIECE_ALIGNMENT * PIECE_ALIGNMENT;
    }
}

static void find_pieces(struct recording *recording, uint64_t length)
{
    uint64_t at = RECORD_HEAD;
    for (; at + RECORD_REGION <= length; at += RECORD_REGION)
        find_in_region(recording, at, at + RECORD_REGION);
    recording->facts.was_cut = at != length;
}

/* --- Records --- */

static unsigned char take_byte(const struct recording *recording, struct thread *thread)
{
    if (thread->at == thread->end)
        damage(recording, "a piece ends within a record, of thread", thread->number);
    return *thread->at++;
}

static uint64_t take_number(const struct recording *recording, struct thread *thread)
{
    uint64_t number = 0;
    unsigned char byte;
    unsigned shift = 0;
    do {
        byte = take_byte(recording, thread);
        number |= (uint64_t)(byte & 0x7F) << shift;
        shift += 7;
    } while (byte > 0x7F && shift < 64);
    return number;
}

static uint64_t take_address(const struct recording *recording, struct thread *thread)
{
    uint64_t zigzag = take_number(recording, thread);
    thread->granule += zigzag >> 1 ^ (0 - (zigzag & 1));
    return thread->granule;
}

/* As the code says, or written down; then it is in the table. */
static uint64_t take_size(const struct recording *recording, struct thread *thread, unsigned code)
{
    uint64_t size = code != NO_CODE ? thread->sizes[code] : take_number(recording, thread);
    if (size > SIZE_MOST)
        damage(recording, "it has a block of more bytes than there are, in thread", thread->number);
    thread->sizes[record_place(size)] = size;
    return size;
}

/* The address of a block that was got: it is in the table from here on. */
static uint64_t take_got(const struct recording *recording, struct thread *thread)
{
    uint64_t granule = take_address(recording, thread);
    thread->addresses[record_place(granule)] = granule;
    return granule;
}

static void read_allocation(const struct recording *recording, struct thread *thread, enum record_kind kind,
                            unsigned code)
{
    struct event *event = &thread->event;
    event->kind = kind == ZEROED ? EVENT_ZEROED : EVENT_ALLOCATE;
    event->key = take_got(recording, thread);
    event->size = take_size(recording, thread, code);
    unsigned bits = kind == ALIGNED ? take_byte(recording, thread) : ALIGNMENT_BITS_USUAL;
    event->alignment = UINT64_C(1) << (bits < ALIGNMENT_BITS_MOST ? bits : ALIGNMENT_BITS_MOST);
}

static void read_release(const struct recording *recording, struct thread *thread, unsigned code)
{
    thread->event.kind = EVENT_RELEASE;
    if (code != NO_CODE)
        thread->granule = thread->addresses[code];
    thread->event.key = code != NO_CODE ? thread->granule : take_address(recording, thread);
    thread->order = 2 * thread->counter++ + 1;
}

/* A resize: an event, and its arrival. */
static void read_resize(const struct recording *recording, struct thread *thread, unsigned code)
{
    thread->event.kind = EVENT_LEAVE;
    thread->event.key = take_address(recording, thread);
    thread->order = 2 * thread->counter + 1;
    thread->arrival = (struct event){.kind = EVENT_ARRIVE, .alignment = GRANULE, .between = &thread->between};
    thread->arrival.key = take_got(recording, thread);
    thread->counter += take_number(recording, thread);
    thread->arrival.size = take_size(recording, thread, code);
    thread->arrival_order = 2 * thread->counter;
    thread->arrives = true;
}

/* The record at hand, and what is skipped before it. */
static void read_record(const struct recording *recording, struct thread *thread)
{
    unsigned head = take_byte(recording, thread);
    if ((head & KIND_MASK) == SKIP) {
        thread->counter += head >> KIND_BITS != NO_CODE ? head >> KIND_BITS : take_number(recording, thread);
        head = take_byte(recording, thread);
    }
    enum record_kind kind = head & KIND_MASK;
    unsigned code = head >> KIND_BITS;
    if (kind >= SKIP)
        damage(recording, "it has a record of an unknown kind, in thread", thread->number);
    thread->event = (struct event){.between = &thread->between};
    thread->order = 2 * thread->counter;
    thread->arrives = false;
    thread->is_read = true;
    if (kind == RELEASE)
        read_release(recording, thread, code);
    else if (kind == RESIZE)
        read_resize(recording, thread, code);
    else
        read_allocation(recording, thread, kind, code);
}

/* Goes on to the next record, in the next piece if need be; false: there is none. */
static bool thread_advance(struct recording *recording, struct thread *thread)
{
    if (thread->arrives) {
        thread->event = thread->arrival;
        thread->order = thread->arrival_order;
        thread->arrives = false;
        return true;
    }
    if (thread->at == thread->end) {
        if (thread->first == 0) {
            free(thread->bytes);
            thread->bytes = NULL;
            return false;
        }
        struct piece piece = recording->pieces[thread->first];
        thread->bytes = realloc(thread->bytes, piece.length);
        if (thread->bytes == NULL ||
            read_at(recording->descriptor, thread->bytes, piece.length, piece.offset) != piece.length)
            damage(recording, "it cannot be read at byte", piece.offset);
        thread->first = piece.next;
        thread->at = thread->bytes;
        thread->end = thread->bytes + piece.length;
        thread->counter = piece.stamp;
        thread->granule = 0;
        memset(thread->sizes, 0, sizeof thread->sizes);
        memset(thread->addresses, 0, sizeof thread->addresses);
    }
    read_record(recording, thread);
    return true;
}

/* --- The order of all threads --- */

static bool is_before(const struct thread *one, const struct thread *other)
{
    return one->order != other->order ? one->order < other->order : one->number < other->number;
}

/* Lets the thread at a place of the heap sink to where it belongs. */
static void sink(struct recording *recording, uint32_t at)
{
    struct thread *thread = recording->threads[at];
    for (uint32_t child; (child = 2 * at + 1) < recording->thread_count; at = child) {
        if (child + 1 < recording->thread_count &&
            is_before(recording->threads[child + 1], recording->threads[child]))
            child++;
        if (is_before(thread, recording->threads[child]))
            break;
        recording->threads[at] = recording->threads[child];
    }
    recording->threads[at] = thread;
}

static void order_threads(struct recording *recording)
{
    for (uint32_t number = 1; number < recording->number_room; number++) {
        struct thread *thread = recording->by_number[number];
        if (thread == NULL)
            continue;
        if (recording->thread_count == recording->thread_room)
            recording->threads = grown(recording->threads, &recording->thread_room, sizeof(struct thread *));
        thread->order = 2 * recording->pieces[thread->first].stamp;
        recording->threads[recording->thread_count++] = thread;
    }
    for (uint32_t at = recording->thread_count / 2; at-- > 0;)
        sink(recording, at);
}

struct recording *recording_open(int descriptor, const char *path)
{
    struct recording *recording = calloc(1, sizeof *recording);
    struct record_header header;
    struct stat status;
    if (recording == NULL)
        fail(FAULT_IN_INPUT, "there is no memory");
    *recording = (struct recording){.descriptor = descriptor, .path = path};
    if (read_at(descriptor, &header, sizeof header, 0) != sizeof header || fstat(descriptor, &status) != 0)
        damage(recording, "its head is cut; bytes that it needs:", sizeof header);
    if (header.order != RECORD_ORDER)
        damage(recording, "it was made on a machine of another byte order:", header.order);
    if (header.version != RECORD_VERSION || header.granule != GRANULE)
        damage(recording, "this program reads version 2, made by a library of its own age, and not",
               header.version);
    recording->facts.process = header.process;
    find_pieces(recording, (uint64_t)status.st_size);
    order_threads(recording);
    return recording;
}

bool recording_next(struct recording *recording, struct event *event)
{
    while (recording->thread_count > 0) {
        struct thread *thread = recording->threads[0];
        if (thread->is_read) {
            *event = thread->event;
            thread->is_read = false;
            if (!thread_advance(recording, thread))
                recording->threads[0] = recording->threads[--recording->thread_count];
            else
                thread->is_read = true;
            if (recording->thread_count > 1)
                sink(recording, 0);
            return true;
        }
        if (!thread_advance(recording, thread))
            recording->threads[0] = recording->threads[--recording->thread_count];
        if (recording->thread_count > 1)
            sink(recording, 0);
    }
    return false;
}

struct recording_facts recording_facts(const struct recording *recording)
{
    return recording->facts;
}

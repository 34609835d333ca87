/* See event.h. */
#include "event.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "recording.h"
#include "text.h"

enum {
    BYTES_OF_RECORD = 4, /* about */
    BYTES_OF_LINE = 9,
};

struct source {
    const char *path;
    struct recording *recording; /* NULL: it is a text */
    struct trace_reader reader;
    struct trace_operation batch; /* the rest of a batch; count 0: none */
    struct in_flight between;
    struct event arrival;
    bool arrives;
    uint64_t estimate;
};

struct source *source_open(const char *path)
{
    static struct source source;
    bool is_input = strcmp(path, "-") == 0;
    int descriptor = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (descriptor < 0 || fstat(descriptor, &status) != 0)
        fail(FAULT_IN_INPUT, "'%s' cannot be read: %s", path, strerror(errno));
    source.path = path;
    if (!is_input && recording_is_one(descriptor)) {
        source.recording = recording_open(descriptor, path);
        source.estimate = recording_facts(source.recording).bytes / BYTES_OF_RECORD;
        return &source;
    }
    FILE *text = fdopen(descriptor, "r");
    if (text == NULL || !trace_open(&source.reader, text))
        fail(FAULT_IN_INPUT, "'%s' is neither a recording nor the text of a trace: %s", path,
             source.reader.fault);
    source.estimate = S_ISREG(status.st_mode) ? (uint64_t)status.st_size / BYTES_OF_LINE : 0;
    return &source;
}

static struct event event_of(const struct trace_operation *operation)
{
    bool is_release = operation->kind == TRACE_RELEASE || operation->kind == TRACE_RELEASE_MANY;
    return (struct event){
        .kind = is_release                                 ? EVENT_RELEASE
                : operation->kind == TRACE_ALLOCATE_ZEROED ? EVENT_ZEROED
                                                           : EVENT_ALLOCATE,
        .key = operation->slot,
        .size = operation->size,
        .alignment = operation->alignment,
    };
}

/* The next of a batch. */
static struct event of_batch(struct source *source)
{
    struct event event = event_of(&source->batch);
    source->batch.slot++;
    source->batch.count--;
    return event;
}

static struct event resize(struct source *source, const struct trace_operation *operation)
{
    struct event leave = {.kind = EVENT_LEAVE, .key = operation->slot, .between = &source->between};
    source->arrival = leave;
    source->arrival.kind = EVENT_ARRIVE;
    source->arrival.size = operation->size;
    source->arrives = true;
    return leave;
}

static bool is_for_tests(enum trace_kind kind)
{
    return kind == TRACE_PURGE || kind == TRACE_REFUSE || kind == TRACE_ALLOCATE_VICTIM ||
           kind == TRACE_SPLIT || kind == TRACE_HOLD || kind == TRACE_RESTORE || kind == TRACE_MERGE;
}

static bool next_of_text(struct source *source, struct event *event)
{
    struct trace_operation operation;
    if (source->arrives || source->batch.count > 0) {
        *event = source->arrives ? source->arrival : of_batch(source);
        source->arrives = false;
        return true;
    }
    switch (trace_next(&source->reader, &operation)) {
    case TRACE_END:
        return false;
    case TRACE_FAULT:
        fail(FAULT_IN_INPUT, "'%s': %s", source->path, source->reader.fault);
    default:
        break;
    }
    if (is_for_tests(operation.kind))
        fail(FAULT_IN_INPUT,
             "'%s': line %" PRIu64 ": '%c' is for tests of the heap, and no policy but ours knows it. "
             "Programs ask with 'a', 'z', 'r', 'f', 'm' and 'd'.",
             source->path, source->reader.line, (char)operation.kind);
    if (operation.kind == TRACE_ALLOCATE_MANY || operation.kind == TRACE_RELEASE_MANY)
        source->batch = operation;
    *event = source->batch.count > 0          ? of_batch(source)
             : operation.kind == TRACE_RESIZE ? resize(source, &operation)
                                              : event_of(&operation);
    return true;
}

bool source_next(struct source *source, struct event *event)
{
    return source->recording != NULL ? recording_next(source->recording, event) : next_of_text(source, event);
}

uint64_t source_estimate(const struct source *source)
{
    return source->estimate;
}

bool source_has_slots(const struct source *source)
{
    return source->recording == NULL;
}

uint32_t source_process(const struct source *source)
{
    return source->recording == NULL ? 0 : recording_facts(source->recording).process;
}

uint32_t source_threads(const struct source *source)
{
    return source->recording == NULL ? 0 : recording_facts(source->recording).threads;
}

bool source_was_cut(const struct source *source)
{
    return source->recording != NULL && recording_facts(source->recording).was_cut;
}

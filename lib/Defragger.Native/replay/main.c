/*
 * defrag-trace: what a program's memory would have been under several policies.
 *
 *   defrag-trace [OPTION...] FILE|-     a recording (DEFRAGGER_RECORD), or the text of a trace
 *
 *   --core             the core heap alone
 *   --check            looks at every answer: blocks overlap nowhere, are aligned and long enough
 *   --snapshots N PREFIX
 *                      the core heap at N moments, as df_malloc_snapshot writes it, with the age of each
 * block
 *   --text             no replay: the text of the trace on standard output, with the lowest free slots
 *
 * Output: a JSON object a line, sizes in bytes. "trace" tells what was read; "policy" one policy's figures
 * (held: nothing but what the policy gives back by itself; pinned: pages with a live block); "sample" a
 * moment, its lists in the order of the policies, and what merging 2, 8 and 64 pages would leave of the core.
 *
 * It reads once, from the front: memory grows with the live blocks and the arenas (a third of them), not with
 * the trace. Exit code: see fail.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event.h"
#include "fail.h"
#include "replay.h"
#include "samples.h"
#include "snapshot.h"
#include "text_out.h"

enum { PAGE = PAGE_GRANULES * GRANULE };

struct options {
    bool core, check, text;
    uint32_t snapshots;
    const char *prefix, *path;
};

static const struct policy *const POLICIES[] = {&policy_core, &policy_first_fit, &policy_best_fit,
                                                &policy_size_classes};

static _Noreturn void usage(void)
{
    fail(FAULT_IN_INPUT, "usage: defrag-trace [--core] [--check] [--snapshots N PREFIX] [--text] FILE|-");
}

static struct options options_read(int count, char **words)
{
    enum { SNAPSHOTS_MOST = 1000 };
    struct options options = {.path = NULL};
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--core") == 0)
            options.core = true;
        else if (strcmp(words[i], "--check") == 0)
            options.check = true;
        else if (strcmp(words[i], "--text") == 0)
            options.text = true;
        else if (strcmp(words[i], "--snapshots") == 0 && i + 2 < count) {
            char *end;
            unsigned long number = strtoul(words[++i], &end, 10);
            if (*end != '\0' || number == 0 || number > SNAPSHOTS_MOST)
                fail(FAULT_IN_INPUT, "--snapshots takes a number from 1 to %d, and not '%s'", SNAPSHOTS_MOST,
                     words[i]);
            options.snapshots = (uint32_t)number;
            options.prefix = words[++i];
        } else if (options.path == NULL && (words[i][0] != '-' || words[i][1] == '\0'))
            options.path = words[i];
        else
            usage();
    }
    if (options.path == NULL || (options.snapshots > 0 && strcmp(options.path, "-") == 0))
        usage(); /* snapshots take two readings, and standard input has one */
    return options;
}

/* --- Output --- */

static void print_list(const char *name, const uint64_t *pages, uint32_t count)
{
    printf(",\"%s\":[", name);
    for (uint32_t i = 0; i < count; i++)
        printf("%s%" PRIu64, i == 0 ? "" : ",", pages[i] * PAGE);
    putchar(']');
}

static void print_samples(const struct samples *samples, uint32_t policies)
{
    for (uint32_t i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->all[i];
        printf("{\"kind\":\"sample\",\"operations\":%" PRIu64 ",\"live\":%" PRIu64 ",\"blocks\":%" PRIu64,
               sample->operations, sample->live, sample->blocks);
        print_list("held", sample->held, policies);
        print_list("pinned", sample->pinned, policies);
        print_list("merged", sample->merged, MERGE_WAYS);
        puts("}");
    }
}

static void print_all(const struct source *source, const struct replay *replay, const struct samples *samples,
                      double seconds)
{
    printf("{\"kind\":\"trace\",\"process\":%" PRIu32 ",\"threads\":%" PRIu32 ",\"cut\":%s,"
           "\"operations\":%" PRIu64 ",\"blocks\":%zu,\"mostBlocks\":%zu,\"live\":%" PRIu64
           ",\"mostLive\":%" PRIu64 ",\"seconds\":%.3f}\n",
           source_process(source), source_threads(source), source_was_cut(source) ? "true" : "false",
           replay->operations, replay->blocks.count, replay->blocks.most, replay->live, replay->live_most,
           seconds);
    for (uint32_t i = 0; i < replay->track_count; i++) {
        const struct track *track = &replay->tracks[i];
        printf("{\"kind\":\"policy\",\"name\":\"%s\",\"heldMost\":%" PRIu64 ",\"held\":%" PRIu64
               ",\"pinnedMost\":%" PRIu64 ",\"pinned\":%" PRIu64 "}\n",
               track->policy->name, track->held_most * PAGE, (track->pages.held + replay->mapped) * PAGE,
               track->pinned_most * PAGE, (track->pages.pinned + replay->mapped) * PAGE);
    }
    print_samples(samples, replay->track_count);
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- The run --- */

static uint64_t count_events(const char *path)
{
    struct source *source = source_open(path);
    struct event event;
    uint64_t count = 0;
    while (source_next(source, &event))
        count++;
    return count;
}

int main(int count, char **words)
{
    struct options options = options_read(count, words);
    static struct replay replay;
    static struct samples samples;
    struct event event;
    if (options.text) {
        struct source *recording = source_open(options.path);
        if (source_has_slots(recording))
            fail(FAULT_IN_INPUT, "'%s' is the text of a trace already", options.path);
        text_write(recording);
        return EXIT_SUCCESS;
    }
    /* Moments are equally far from each other, so how many events there are has to be known. */
    struct snapshots snapshots = {options.prefix, options.snapshots, 0, 0, 0};
    if (options.snapshots > 0)
        snapshots.events = count_events(options.path);
    struct source *source = source_open(options.path);
    replay_open(&replay, POLICIES, options.core ? 1 : sizeof POLICIES / sizeof POLICIES[0], options.check);
    replay.has_slots = source_has_slots(source);
    samples_open(&samples, &replay, source_estimate(source));
    double begin = processor_seconds();
    while (source_next(source, &event)) {
        replay_event(&replay, &event);
        sample_if_due(&samples, &replay);
        if (options.snapshots > 0)
            snapshot_if_due(&snapshots, &replay);
    }
    if (samples.count == 0 || samples.all[samples.count - 1].operations != replay.operations)
        sample_take(&samples, &replay);
    print_all(source, &replay, &samples, processor_seconds() - begin);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : FAULT_IN_INPUT;
}

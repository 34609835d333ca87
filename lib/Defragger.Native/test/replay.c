/*
 * Replays a trace on a heap over real memory: replay [OPTION...] FILE|-
 *
 *   --check every|N|end  df_heap_check after every operation, every N of them, or at the end only (default)
 *   --print              one line an operation, and one of statistics, for another program to compare (below)
 *   --time               no checks and no payload: ns per operation, the best of three
 *   --growth BYTES       what the heap commits at a time, in place of the trace's (0: all when it is opened)
 *   --capacity BYTES     another arena than the trace's
 *
 * Every block is filled with a pattern of its slot and operation, and verified when it is released or
 * resized, so two blocks that overlap show; a zeroed block must read zero; purged pages too (arena.c). A
 * resize that finds no room allocates, copies and releases, as realloc does.
 *
 * --print: INDEX is the operation's number, from 0; a status is its number in defragger_heap.h; an offset is
 * in bytes. What there is none of is "-".
 *
 *   INDEX STATUS OFFSET    allocate: of the new block, "-" without one; release, resize: of the block
 *   INDEX STATUS OFFSET... allocate many: of the new blocks in their order, "-" without one; release many: of
 *                          the blocks, ascending
 *   INDEX STATUS OFFSET LENGTH
 *                          allocate the victim: of the new block, "-" without one
 *   INDEX STATUS OFFSET OFFSET
 *                          split: of both parts, or of the block that stayed one
 *   INDEX 7 STATUS OFFSET  resize without room: the answer to the allocation that follows, as above
 *   INDEX 0 BYTES          purge: what was purged
 *   INDEX 0 -              refuse
 *   INDEX 0 DONE           hold, restore: 1, or 0 when there was nothing to do
 *   INDEX 0 GROUP... GROUPS MEMBERS MAPPINGS
 *                          merge: the group of each page, -1 for those without, and the plan
 *   INDEX - -              nothing to do: a slot is occupied, or empty
 *   end NAME=NUMBER...     the fields of struct df_statistics in their order, the victim's as two
 *
 * Exit code: 0; 1: the heap broke a rule, which stderr says; 2: the call or the trace is wrong.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "player.h"

struct options {
    const char *file;
    size_t check_every; /* 0: at the end */
    bool print, time, has_growth;
    uint64_t growth, capacity; /* 0: the trace's */
};

/* --- What is printed --- */

static void print_answer(const struct player *player, size_t index, struct answer answer)
{
    if (!answer.done) {
        printf("%zu - -\n", index);
        return;
    }
    printf("%zu %d", index, (int)answer.status);
    if (answer.status == DF_NO_ROOM)
        printf(" %d", (int)answer.moving);
    for (size_t i = 0; i < answer.batch; i++) {
        if (player->offsets[i] == NONE)
            printf(" -1");
        else
            printf(" %" PRIu64, player->offsets[i]);
    }
    if (answer.number != NONE)
        printf(" %" PRIu64, answer.number);
    else if (answer.batch == 0)
        printf(" -");
    printf("\n");
}

static void print_end(const struct player *player)
{
    struct df_statistics now;
    df_heap_statistics(player->arena.heap, &now);
    const struct {
        const char *name;
        uint64_t number;
    } fields[] = {
        {"capacity", now.capacity},
        {"committed", now.committed},
        {"live_blocks", now.live_blocks},
        {"live", now.live},
        {"free", now.free},
        {"free_least", now.free_least},
        {"largest_free", now.largest_free},
        {"free_runs", now.free_runs},
        {"victim_offset", now.victim.offset},
        {"victim_length", now.victim.length},
        {"pinned", now.pinned},
        {"dirty_free", now.dirty_free},
        {"held", now.held},
    };
    printf("end");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        printf(" %s=%" PRIu64, fields[i].name, fields[i].number);
    printf("\n");
}

static void print_statistics(const struct player *player)
{
    struct df_statistics now;
    df_heap_statistics(player->arena.heap, &now);
    double live = now.live > 0 ? (double)now.live : 1,
           peak = player->asked_peak > 0 ? (double)player->asked_peak : 1;
    printf("live      %" PRIu64 " bytes in %" PRIu64 " blocks, %" PRIu64 " asked for; peak %" PRIu64
           " asked for\n",
           now.live, now.live_blocks, player->asked, player->asked_peak);
    printf("free      %" PRIu64 " bytes in %" PRIu64 " runs, the largest %" PRIu64 ", the victim %" PRIu64
           "\n",
           now.free, now.free_runs, now.largest_free, now.victim.length);
    printf("pages     %" PRIu64 " bytes pinned, %" PRIu64 " dirty and free, %" PRIu64 " purged, %" PRIu64
           " zeroed\n",
           now.pinned, now.dirty_free, player->arena.purged, player->arena.zeroed);
    printf("committed %" PRIu64 " of %" PRIu64 " bytes in %" PRIu64 " steps\n", now.committed, now.capacity,
           player->arena.commits);
    printf("refused   %" PRIu64 " operations; %" PRIu64 " resizes moved\n", player->refused, player->moved);
    printf("peak committed / peak live  %.3f\n", (double)now.committed / peak);
    printf("pinned / live at the end    %.3f\n", (double)now.pinned / live);
    size_t pages = now.committed / DF_PAGE;
    uint32_t *group_of = need(calloc(pages + 1, sizeof *group_of));
    struct df_merge_plan plan =
        player_plan_all(player, (struct df_merge_limits){16, 64, 128}, pages, group_of);
    printf("merged    %" PRIu32 " pages could lie on %" PRIu32 ", in %" PRIu32
           " mappings: pinned / live %.3f\n",
           plan.members, plan.groups, plan.mappings,
           ((double)now.pinned - (double)plan.saved_pages * DF_PAGE) / live);
    free(group_of);
}

/* --- A run --- */

static bool open_heap(struct player *player, const struct script *script, const struct options *options)
{
    uint64_t capacity = options->capacity != 0 ? options->capacity : script->capacity;
    uint64_t growth = options->has_growth ? options->growth : script->growth;
    if (player_open(player, script, capacity, growth))
        return true;
    fprintf(stderr, "replay: no heap has a capacity of %" PRIu64 " and a growth of %" PRIu64 "\n", capacity,
            growth);
    return false;
}

static int run_checked(const struct script *script, const struct options *options)
{
    struct player player = {.has_payload = true};
    if (!open_heap(&player, script, options))
        return 2;
    size_t at = 0;
    for (; at < script->count && player.fault[0] == 0; at++) {
        const struct trace_operation *operation = &script->operations[at];
        struct answer answer = player_step(&player, operation, at << 20 ^ operation->slot);
        player.refused += answer.moving != DF_OK;
        if (options->print)
            print_answer(&player, at, answer);
        if (options->check_every != 0 && (at + 1) % options->check_every == 0)
            player_check(&player);
    }
    if (player.fault[0] == 0)
        player_check(&player);
    if (player.fault[0] != 0)
        fprintf(stderr, "operation %zu, line %" PRIu64 ": %s\n", at, script->first_line + at - 1,
                player.fault);
    else if (options->print)
        print_end(&player);
    else
        print_statistics(&player);
    player_close(&player);
    return player.fault[0] != 0;
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int run_timed(const struct script *script, const struct options *options)
{
    double best = 0;
    for (int round = 0; round < 3; round++) {
        struct player player = {0};
        if (!open_heap(&player, script, options))
            return 2;
        double begin = now_ns();
        for (size_t at = 0; at < script->count; at++)
            player_step(&player, &script->operations[at], at);
        double took = now_ns() - begin;
        best = round == 0 || took < best ? took : best;
        player_close(&player);
    }
    printf("%.1f ns per operation\n", best / (double)(script->count > 0 ? script->count : 1));
    return 0;
}

/* --- The call --- */

static bool number_of(const char *text, uint64_t *number)
{
    char *end;
    *number = text == NULL ? 0 : strtoull(text, &end, 10);
    return text != NULL && text[0] >= '0' && text[0] <= '9' && *end == 0;
}

static bool check_every(const char *text, size_t *every)
{
    uint64_t number = strcmp(text, "every") == 0;
    bool good = number == 1 || strcmp(text, "end") == 0 || (number_of(text, &number) && number > 0);
    *every = (size_t)number;
    return good;
}

static bool options_read(struct options *options, char **words)
{
    *options = (struct options){0};
    for (; *words != NULL; words++) {
        bool good = true;
        if (strcmp(*words, "--print") == 0)
            options->print = true;
        else if (strcmp(*words, "--time") == 0)
            options->time = true;
        else if (strcmp(*words, "--growth") == 0)
            good = options->has_growth = number_of(*++words, &options->growth);
        else if (strcmp(*words, "--capacity") == 0)
            good = number_of(*++words, &options->capacity) && options->capacity > 0;
        else if (strcmp(*words, "--check") == 0 && words[1] != NULL)
            good = check_every(*++words, &options->check_every);
        else if (options->file == NULL && ((*words)[0] != '-' || (*words)[1] == 0))
            options->file = *words;
        else
            good = false;
        if (!good)
            return false;
    }
    return options->file != NULL;
}

int main(int argc, char **argv)
{
    (void)argc;
    struct options options;
    if (!options_read(&options, argv + 1)) {
        fprintf(stderr,
                "usage: replay [--check every|N|end] [--print] [--time] [--growth BYTES] [--capacity BYTES] "
                "FILE|-\n");
        return 2;
    }
    FILE *text = strcmp(options.file, "-") == 0 ? stdin : fopen(options.file, "r");
    if (text == NULL) {
        perror(options.file);
        return 2;
    }
    struct script script = {0};
    int exit_code = 2;
    if (script_read(&script, text))
        exit_code = options.time ? run_timed(&script, &options) : run_checked(&script, &options);
    free(script.operations);
    fclose(text);
    return exit_code;
}

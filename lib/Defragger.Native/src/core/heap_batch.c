/*
 * Batches: the same as blocks one by one, with what neighbours have in common done once.
 *
 * Allocating changes between three sources exactly where it would one by one: the runs of the very length,
 * all that start in a word at once; else the victim, of which as many blocks as it holds are one cut; else an
 * ordinary allocation, whose rest is the next victim.
 *
 * Releasing goes from left to right. Blocks that touch are a piece, whose bits change at once. Pieces with
 * nothing but free memory between them are one run in the end: the runs that it takes up leave the index as
 * it reaches them, and it enters once. Until then no other run of the words looked at is missing from the
 * index, and it is longer than each that it took up, so it is never mistaken for one of them.
 */
#include "block.h"
#include "placement.h"

/* --- Allocation --- */

/* Blocks of one length that fill a span: a start bit and an offset each. */
static void blocks_mark(struct df_heap *heap, struct span span, uint32_t length, uint64_t *offsets)
{
    uint32_t word = word_of(span.start);
    uint64_t starts = 0; /* of that word; in memory each would wait for the one before */
    for (uint32_t start = span.start; start != span.end; start += length) {
        if (word_of(start) != word) {
            starts_or(heap, word, starts);
            word = word_of(start);
            starts = 0;
        }
        starts |= UINT64_C(1) << bit_of(start);
        block_tag(heap, (struct span){start, start + length});
        heap->live_blocks++;
        *offsets++ = bytes_of(start);
    }
    starts_or(heap, word, starts);
}

/* Takes runs of exactly `length` granules, at most `count` and all of the word that has the lowest; how many.
 */
static size_t take_exact(struct df_heap *heap, uint32_t length, size_t count, uint64_t *offsets)
{
    uint32_t class = class_of(length), word = set_first(&heap->exact, class);
    uint64_t runs = exact_runs(heap, word, length);
    size_t taken = 0;
    for (; runs != 0 && taken < count; runs &= runs - 1) {
        struct span block = {.start = word * WORD_GRANULES + lowest_bit(runs)};
        block.end = block.start + length;
        untag(heap, block);
        span_use(heap, block);
        blocks_mark(heap, block, length, offsets + taken++);
    }
    if (runs == 0)
        class_remove(heap, &heap->exact, class, class, word);
    heap->free_runs -= (uint32_t)taken;
    return taken;
}

/* Cuts blocks from the victim's front, at most `count`; how many. */
static size_t cut_victim(struct df_heap *heap, uint32_t length, size_t count, uint64_t *offsets)
{
    struct span victim = heap->victim;
    uint32_t holds = span_length(victim) / length, taken = count < holds ? (uint32_t)count : holds;
    if (taken == 0)
        return 0;
    struct span blocks = {victim.start, victim.start + taken * length};
    span_use(heap, blocks);
    untag(heap, victim);
    victim_set(heap, (struct span){blocks.end, victim.end});
    heap->free_runs -= blocks.end == victim.end;
    blocks_mark(heap, blocks, length, offsets);
    return taken;
}

enum df_status df_heap_allocate_many(struct df_heap *heap, uint64_t size, size_t count, uint64_t *offsets,
                                     size_t *allocated)
{
    uint32_t length = 0;
    bool is_short = granules_for(size, &length) && length <= CLASS_EXACT;
    enum df_status status = DF_OK;
    size_t done = 0;
    while (done < count && status == DF_OK) {
        size_t taken = 0;
        if (is_short)
            taken = class_has_run(heap, class_of(length))
                        ? take_exact(heap, length, count - done, offsets + done)
                        : cut_victim(heap, length, count - done, offsets + done);
        if (taken == 0) {
            status = df_heap_allocate(heap, size, DF_GRANULE, offsets + done);
            taken = status == DF_OK;
        }
        done += taken;
    }
    *allocated = done;
    return status;
}

/* Not beyond its chunk: a block that stays in its chunk can be divided by setting a start bit. */
enum df_status df_heap_allocate_victim(struct df_heap *heap, uint64_t most, struct df_range *range)
{
    struct span victim = heap->victim, block = victim;
    if (span_length(victim) == 0)
        return DF_OUT_OF_MEMORY;
    uint32_t room = CHUNK_GRANULES - victim.start % CHUNK_GRANULES;
    uint32_t length = most >> GRANULE_SHIFT < room ? (uint32_t)(most >> GRANULE_SHIFT) : room;
    if (length == 0)
        return DF_INVALID_SIZE;
    if (length < span_length(victim))
        block.end = block.start + length;
    uint64_t offset;
    cut_victim(heap, span_length(block), 1, &offset);
    *range = (struct df_range){offset, bytes_of(span_length(block))};
    return DF_OK;
}

enum df_status df_heap_split(struct df_heap *heap, uint64_t offset, uint64_t size)
{
    struct span block;
    uint32_t length;
    enum df_status status = block_at(heap, offset, &block);
    if (status != DF_OK)
        return status;
    if (!granules_for(size, &length) || length >= span_length(block))
        return DF_INVALID_SIZE;
    struct span front = {block.start, block.start + length}, rest = {front.end, block.end};
    untag(heap, block);
    block_tag(heap, front);
    block_tag(heap, rest);
    start_set(heap, rest.start);
    heap->live_blocks++;
    return DF_OK;
}

/* --- Release --- */

/* The run that comes to be: it is free already, but in the index only when it is complete. */
struct merge {
    struct span run;
    bool is_victim; /* it took up the victim */
};

/* Takes up a run. */
static void merge_take(struct df_heap *heap, struct merge *merge, struct span run)
{
    heap->free_runs--;
    if (is_victim(heap, run)) {
        merge->is_victim = true;
        untag(heap, run);
    } else {
        run_remove(heap, run);
    }
}

/* A piece has become free: the first of a run, or one that the run has reached. */
static void merge_piece(struct df_heap *heap, struct merge *merge, struct span piece)
{
    bool is_first = merge->run.start == merge->run.end;
    bool joins_left = is_first && is_free_before(heap, piece.start), joins_right = is_free(heap, piece.end);
    struct span left = {joins_left ? run_start(heap, piece.start) : piece.start, piece.start};
    struct span right = {piece.end, joins_right ? run_end(heap, piece.end) : piece.end};
    free_flip(heap, piece);
    pages_leave(heap, piece);
    heap->live -= span_length(piece);
    if (joins_left)
        merge_take(heap, merge, left);
    if (joins_right)
        merge_take(heap, merge, right);
    merge->run = (struct span){is_first ? left.start : merge->run.start, right.end};
}

/* The run is complete, if there is one. */
static void merge_end(struct df_heap *heap, struct merge *merge)
{
    if (merge->run.start == merge->run.end)
        return;
    heap->free_runs++;
    if (merge->is_victim)
        victim_set(heap, merge->run);
    else
        run_insert(heap, merge->run);
    *merge = (struct merge){.run = NOWHERE};
}

/* Makes a piece of the block at offsets[0] and those of the batch that follow without a gap; how many. */
static size_t piece_end(struct df_heap *heap, const uint64_t *offsets, size_t count, struct span *piece)
{
    size_t blocks = 0;
    struct span block = *piece;
    do {
        untag(heap, block);
        piece->end = block.end;
        blocks++;
    } while (blocks < count && offsets[blocks] == bytes_of(block.end) &&
             block_at(heap, offsets[blocks], &block) == DF_OK);
    starts_clear(heap, *piece);
    heap->live_blocks -= (uint32_t)blocks;
    return blocks;
}

enum df_status df_heap_release_many(struct df_heap *heap, const uint64_t *offsets, size_t count,
                                    size_t *released)
{
    struct merge merge = {.run = NOWHERE};
    enum df_status status = DF_OK;
    size_t done = 0;
    while (done < count) {
        struct span piece;
        bool ascends = done == 0 || offsets[done] > offsets[done - 1];
        status = ascends ? block_at(heap, offsets[done], &piece) : DF_NOT_ASCENDING;
        if (status != DF_OK)
            break;
        if (merge.run.end != piece.start)
            merge_end(heap, &merge);
        done += piece_end(heap, offsets + done, count - done, &piece);
        merge_piece(heap, &merge, piece);
    }
    merge_end(heap, &merge);
    *released = done;
    return status;
}

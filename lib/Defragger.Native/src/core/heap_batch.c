/*
 * Batches: the same as blocks one by one, with what neighbours have in common done once.
 *
 * Allocating changes between three sources exactly where it would one by one: the runs of the very length,
 * all that start in a word at once; else the victim, of which as many blocks as it holds are one cut; else an
 * ordinary allocation, whose rest is the next victim.
 *
 * Releasing goes from left to right, a word of the bits at a time. Blocks that touch are a piece, whose bits
 * change at once. Pieces with nothing but free memory between them are one run in the end: the runs that it
 * takes up leave the index as it reaches them, and it enters once. Until then no other run of the words
 * looked at is missing from the index, and it is longer than each that it took up, so it is never mistaken
 * for one of them.
 */
#include "block.h"

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

/* A batch on its way: the run that comes to be, and behind it a piece whose blocks are gone and whose
 * granules are not free yet. */
struct release {
    struct merge merge;
    struct span piece;
};

static void piece_end(struct df_heap *heap, struct release *release)
{
    struct span piece = release->piece;
    if (piece.start == piece.end)
        return;
    if (release->merge.run.end != piece.start)
        merge_end(heap, &release->merge);
    merge_piece(heap, &release->merge, piece);
    release->piece = NOWHERE;
}

static void piece_add(struct df_heap *heap, struct release *release, struct span span)
{
    if (release->piece.end != span.start) {
        piece_end(heap, release);
        release->piece.start = span.start;
    }
    release->piece.end = span.end;
}

/* The granules of a word that belong to blocks which start in it. Adding the first granule behind a start to
 * all that lies inside of blocks carries on to the block's end, and turns what it passes. */
static uint64_t blocks_at(uint64_t starts, uint64_t stops)
{
    uint64_t inside = ~stops, behind = starts << 1 & inside;
    return starts | (((inside + behind) ^ inside) & inside);
}

/* The first of the pieces that lie in a word; the last one may end behind it. */
static inline struct span piece_next(uint64_t *gone, uint32_t first, uint32_t end)
{
    uint32_t at = lowest_bit(*gone);
    uint64_t stop = ~(*gone >> at);
    bool to_the_end = stop == 0 || at + lowest_bit(stop) == WORD_GRANULES;
    *gone &= *gone + (*gone & -*gone);
    return (struct span){first + at, to_the_end ? end : first + at + lowest_bit(stop)};
}

/* Ends the pieces of a word that touches held pages: what lies there is held, and the rest are pieces of
 * their own. False: it touches none. Apart, so that the path of heaps that hold nothing stays short. */
static RARE bool pieces_end_held(struct df_heap *heap, struct release *release, uint64_t gone, uint32_t first,
                                 uint32_t end)
{
    if (!touches_held(heap, (struct span){first, end}))
        return false;
    piece_end(heap, release);
    while (gone != 0) {
        struct span rest = piece_next(&gone, first, end);
        while (rest.start != rest.end) {
            bool held;
            struct span front = span_front(heap, rest, &held);
            rest.start = front.end;
            if (held) {
                span_free_held(heap, front);
                continue;
            }
            piece_add(heap, release, front);
            piece_end(heap, release);
        }
    }
    return true;
}

/* Takes away the blocks that start at some granules of a word, all of them starts of blocks. */
static void word_release(struct df_heap *heap, struct release *release, uint32_t word, uint64_t starts)
{
    uint32_t first = word * WORD_GRANULES, end = first + WORD_GRANULES;
    uint64_t gone = blocks_at(starts, heap->start[word] | heap->free[word]);
    if (gone >> (WORD_GRANULES - 1) != 0) { /* the last block may go on */
        struct span last = {.start = first + highest_bit(starts)};
        last.end = end = block_end(heap, last.start);
        untag(heap, last);
    }
    starts_and(heap, word, ~starts);
    heap->live_blocks -= bit_count(starts);
    if (holds_any(heap) && pieces_end_held(heap, release, gone, first, end))
        return;
    while (gone != 0)
        piece_add(heap, release, piece_next(&gone, first, end));
}

/* Those of some granules of a word at which no block starts. */
static uint64_t no_starts(const struct df_heap *heap, uint32_t word, uint64_t starts)
{
    return starts & (~heap->start[word] | held_of(heap, word));
}

static enum df_status no_start(const struct df_heap *heap, uint32_t granule)
{
    return is_free(heap, granule) || is_held(heap, granule) ? DF_ALREADY_FREE : DF_INSIDE_BLOCK;
}

enum df_status df_heap_release_many(struct df_heap *heap, const uint64_t *offsets, size_t count,
                                    size_t *released)
{
    struct release release = {{.run = NOWHERE}, NOWHERE};
    enum df_status status = DF_OK;
    size_t done = 0;
    while (done < count && status == DF_OK) {
        uint32_t word = (uint32_t)(offsets[done] / bytes_of(WORD_GRANULES));
        uint64_t starts = 0;
        size_t next = done;
        for (; next < count && status == DF_OK; next++) { /* those of the same word */
            uint64_t offset = offsets[next];
            if (next > 0 && offset <= offsets[next - 1])
                status = DF_NOT_ASCENDING;
            else if (offset % DF_GRANULE != 0 || offset >> GRANULE_SHIFT >= heap->limit)
                status = DF_NOT_IN_HEAP;
            else if (offset / bytes_of(WORD_GRANULES) != word)
                break;
            else
                starts |= UINT64_C(1) << bit_of((uint32_t)(offset >> GRANULE_SHIFT));
        }
        uint64_t wrong = starts == 0 ? 0 : no_starts(heap, word, starts);
        starts &= (wrong & -wrong) - 1;
        if (starts != 0)
            word_release(heap, &release, word, starts);
        done += bit_count(starts);
        if (wrong != 0) {
            piece_end(heap, &release);
            status = no_start(heap, word * WORD_GRANULES + lowest_bit(wrong));
        }
    }
    piece_end(heap, &release);
    merge_end(heap, &release.merge);
    *released = done;
    return status;
}

/* Whether a word comes after the one before it and within what is committed. */
static enum df_status place_check(const struct df_heap *heap, const struct df_starts *words, size_t at)
{
    uint64_t offset = words[at].offset, starts = words[at].starts;
    if (at > 0 && offset <= words[at - 1].offset)
        return DF_NOT_ASCENDING;
    uint64_t last = offset + (starts != 0 ? bytes_of(highest_bit(starts)) : 0);
    bool is_there = offset % bytes_of(WORD_GRANULES) == 0 && last >= offset && last < bytes_of(heap->limit);
    return is_there ? DF_OK : DF_NOT_IN_HEAP;
}

enum df_status df_heap_release_starts(struct df_heap *heap, const struct df_starts *words, size_t count,
                                      size_t *released)
{
    struct release release = {{.run = NOWHERE}, NOWHERE};
    enum df_status status = DF_OK;
    size_t done = 0;
    while (done < count && (status = place_check(heap, words, done)) == DF_OK) {
        uint32_t word = (uint32_t)(words[done].offset / bytes_of(WORD_GRANULES));
        uint64_t starts = words[done].starts, wrong = no_starts(heap, word, starts);
        if (wrong != 0) {
            piece_end(heap, &release);
            status = no_start(heap, word * WORD_GRANULES + lowest_bit(wrong));
            break;
        }
        if (starts != 0)
            word_release(heap, &release, word, starts);
        done++;
    }
    piece_end(heap, &release);
    merge_end(heap, &release.merge);
    *released = done;
    return status;
}

/* See outbox.h. */
#include "outbox.h"

#include <string.h>

/* --- In --- */

void outbox_begin(struct outbox *outbox, uint32_t granule)
{
    uint32_t word = word_of(granule);
    outbox->base = word > WINDOW_WORDS / 2 ? word - WINDOW_WORDS / 2 : 0;
}

void outbox_add_twice(uint32_t granule)
{
    arena_report(&arenas[0], "free", arenas[0].base + bytes_of(granule), DF_ALREADY_FREE);
}

bool outbox_has(const struct outbox *outbox, uint32_t granule)
{
    uint32_t word = word_of(granule) - outbox->base;
    bool found = word < WINDOW_WORDS && (outbox->starts[word] >> bit_of(granule) & 1) != 0;
    for (uint32_t i = 0; i < outbox->far_count; i++)
        found |= outbox->far[i] == granule;
    return found;
}

/* --- Out --- */

/* Words on their way to the heap, ascending. */
struct batch {
    uint32_t count;
    struct df_starts words[64];
};

static void batch_send(struct batch *batch)
{
    arena_release_starts(&arenas[0], batch->words, batch->count, "free");
    batch->count = 0;
}

static void batch_add(struct batch *batch, uint32_t word, uint64_t starts)
{
    if (batch->count == sizeof batch->words / sizeof batch->words[0])
        batch_send(batch);
    batch->words[batch->count++] = (struct df_starts){bytes_of(word * WORD_GRANULES), starts};
}

static void send_window(struct outbox *outbox)
{
    struct batch batch = {.count = 0};
    for (uint32_t row = 0; row < WINDOW_WORDS / 64; row++)
        for (uint64_t *used = &outbox->used[row]; *used != 0; *used &= *used - 1) {
            uint32_t word = row * 64 + lowest_bit(*used);
            batch_add(&batch, outbox->base + word, outbox->starts[word]);
            outbox->starts[word] = 0;
        }
    batch_send(&batch);
}

/* Sorts the far ones by words, and gives them: least significant digit first, as many digits as it takes to
 * tell the lowest from the highest. */
static const uint32_t *far_sort(struct outbox *outbox)
{
    enum { DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS };
    uint32_t *from = outbox->far, *to = outbox->sorted, number = outbox->far_count, all = 0;
    for (uint32_t i = 0; i < number; i++)
        all |= word_of(from[i]) ^ word_of(from[0]);
    for (uint32_t shift = 0; shift < 32 && all >> shift != 0; shift += DIGIT_BITS) {
        uint16_t places[DIGITS] = {0};
        for (uint32_t i = 0; i < number; i++)
            places[word_of(from[i]) >> shift & (DIGITS - 1)]++;
        for (uint32_t digit = 0, place = 0; digit < DIGITS; digit++) {
            uint16_t here = places[digit];
            places[digit] = (uint16_t)place;
            place += here;
        }
        for (uint32_t i = 0; i < number; i++)
            to[places[word_of(from[i]) >> shift & (DIGITS - 1)]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static void send_far(struct outbox *outbox)
{
    const uint32_t *granules = far_sort(outbox);
    struct batch batch = {.count = 0};
    for (uint32_t i = 0; i < outbox->far_count;) {
        uint32_t word = word_of(granules[i]);
        uint64_t starts = 0;
        for (; i < outbox->far_count && word_of(granules[i]) == word; i++) {
            uint64_t start = UINT64_C(1) << bit_of(granules[i]);
            if ((starts & start) != 0)
                outbox_add_twice(granules[i]);
            starts |= start;
        }
        batch_add(&batch, word, starts);
    }
    batch_send(&batch);
    outbox->far_count = 0;
}

void outbox_release(struct outbox *outbox)
{
    send_window(outbox);
    if (outbox->far_count > 0)
        send_far(outbox);
    outbox->count = outbox->bytes = 0;
}

void outbox_lose(struct outbox *outbox)
{
    memset(outbox->used, 0, sizeof outbox->used);
    memset(outbox->starts, 0, sizeof outbox->starts);
    outbox->count = outbox->bytes = outbox->far_count = 0;
}

/* See text_out.h. */
#include "text_out.h"

#include <stdio.h>

#include "../src/core/bit_set.h"
#include "fail.h"
#include "text.h"

enum { SLOTS_MOST = 1 << 24 };

static struct bit_sets free_slots; /* below `known` */
static uint32_t known;             /* slots that were ever taken */

static void slots_open(void)
{
    uint32_t words = SLOTS_MOST / 64;
    free_slots.count = 1;
    for (unsigned level = 0; level < SET_LEVELS; level++, words = (words + 63) / 64) {
        free_slots.width[level] = words;
        free_slots.words[level] = map_sparse(words * sizeof(uint64_t));
    }
}

static uint32_t slot_take(void)
{
    uint32_t slot = known > 0 ? set_next(&free_slots, 0, 0) : NO_MEMBER;
    if (slot != NO_MEMBER) {
        set_remove(&free_slots, 0, slot);
        return slot;
    }
    if (known == SLOTS_MOST)
        fail(FAULT_IN_INPUT, "more than %d blocks live at once", SLOTS_MOST);
    sets_reach(&free_slots, known);
    return known++;
}

static void write_line(enum trace_kind kind, uint32_t slot, const struct event *event)
{
    trace_write(stdout, (struct trace_operation){.kind = kind,
                                                 .slot = slot,
                                                 .size = event->size,
                                                 .alignment = event->alignment > 16 ? event->alignment : 16});
    putchar('\n');
}

static struct blocks blocks; /* of each its slot, in at[0] */

static void release(struct block *block, const struct event *event)
{
    write_line(TRACE_RELEASE, block->at[0], event);
    set_add(&free_slots, 0, block->at[0]);
    blocks_remove(&blocks, block);
}

static void allocate(const struct event *event)
{
    struct block block = {.key = event->key + 1, .at = {slot_take()}};
    blocks_add(&blocks, &block);
    write_line(event->kind == EVENT_ZEROED ? TRACE_ALLOCATE_ZEROED : TRACE_ALLOCATE, block.at[0], event);
}

static void leave(const struct event *event)
{
    struct block *block = blocks_find(&blocks, event->key);
    event->between->block = block != NULL ? *block : (struct block){0};
    if (block != NULL)
        blocks_remove(&blocks, block);
}

static void arrive(const struct event *event)
{
    struct block block = event->between->block;
    if (block.key == 0) {
        allocate(event);
        return;
    }
    block.key = event->key + 1;
    blocks_add(&blocks, &block);
    write_line(TRACE_RESIZE, block.at[0], event);
}

void text_write(struct source *source)
{
    struct event event;
    slots_open();
    while (source_next(source, &event)) {
        bool looks = event.kind != EVENT_LEAVE;
        struct block *there = looks ? blocks_find(&blocks, event.key) : NULL;
        if (there != NULL)
            release(there, &event); /* by what gets its address, too: that release was not recorded */
        if (event.kind == EVENT_LEAVE)
            leave(&event);
        else if (event.kind == EVENT_ARRIVE)
            arrive(&event);
        else if (event.kind != EVENT_RELEASE)
            allocate(&event);
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        fail(FAULT_IN_INPUT, "the text cannot be written");
}

/* See merge.h. */
#include "merge.h"

#include <stdbool.h>
#include <string.h>

#include "pages.h"

enum { WINDOW = 64, WORDS = PAGE_GRANULES / 64 };

const uint32_t merge_most[MERGE_WAYS] = {2, 8, 64};

/* The live granules of a page, or of all pages of a frame. */
struct granules {
    uint64_t words[WORDS];
    uint32_t count;
};

/* The open frames of one way, the oldest first. */
struct open_frames {
    uint32_t most, count;
    uint64_t frames; /* all, closed ones too */
    struct granules live[WINDOW];
    uint32_t pages[WINDOW];
};

static bool fits(const struct granules *page, const struct granules *frame)
{
    if (page->count + frame->count > PAGE_GRANULES)
        return false;
    uint64_t both = 0;
    for (unsigned i = 0; i < WORDS; i++)
        both |= page->words[i] & frame->words[i];
    return both == 0;
}

static void close_frame(struct open_frames *open, uint32_t at)
{
    open->count--;
    memmove(&open->live[at], &open->live[at + 1], (open->count - at) * sizeof open->live[0]);
    memmove(&open->pages[at], &open->pages[at + 1], (open->count - at) * sizeof open->pages[0]);
}

static void add_page(struct open_frames *open, const struct granules *page)
{
    uint32_t at = 0;
    while (at < open->count && !fits(page, &open->live[at]))
        at++;
    if (at == open->count) {
        open->frames++;
        if (page->count == PAGE_GRANULES)
            return; /* nothing will ever fit in */
        if (open->count == WINDOW) {
            close_frame(open, 0);
            at--;
        }
        open->live[at] = *page;
        open->pages[at] = 1;
        open->count++;
        return;
    }
    for (unsigned i = 0; i < WORDS; i++)
        open->live[at].words[i] |= page->words[i];
    open->live[at].count += page->count;
    if (++open->pages[at] == open->most)
        close_frame(open, at);
}

/* --- Pages, one after another --- */

struct page_maker {
    struct open_frames ways[MERGE_WAYS];
    struct granules page;
    uint64_t number; /* of the page that is made */
};

static void page_end(struct page_maker *maker)
{
    for (unsigned way = 0; maker->page.count > 0 && way < MERGE_WAYS; way++)
        add_page(&maker->ways[way], &maker->page);
    maker->page = (struct granules){.count = 0};
}

static void add_live(struct page_maker *maker, uint64_t at, uint64_t end)
{
    while (at < end) {
        if (at / PAGE_GRANULES != maker->number) {
            page_end(maker);
            maker->number = at / PAGE_GRANULES;
        }
        uint64_t left = 64 - at % 64, some = end - at < left ? end - at : left;
        maker->page.words[at % PAGE_GRANULES / 64] |= UINT64_MAX >> (64 - some) << at % 64;
        maker->page.count += (uint32_t)some;
        at += some;
    }
}

void merge_estimate(const struct df_heap *heap, uint64_t frames[MERGE_WAYS])
{
    static struct page_maker maker;
    struct df_item item = {0};
    memset(&maker, 0, sizeof maker);
    for (unsigned way = 0; way < MERGE_WAYS; way++)
        maker.ways[way].most = merge_most[way];
    for (uint64_t at = 0; df_heap_walk(heap, at, &item); at += item.length)
        if (item.live)
            add_live(&maker, item.offset / GRANULE, (item.offset + item.length) / GRANULE);
    page_end(&maker);
    for (unsigned way = 0; way < MERGE_WAYS; way++)
        frames[way] = maker.ways[way].frames;
}

/* See pages.h. */
#include "pages.h"

#include "fail.h"

enum { HELD = 0x8000 };

void pages_open(struct pages *pages)
{
    *pages = (struct pages){.state = map_sparse(ARENA_PAGES * sizeof *pages->state)};
}

static uint64_t smaller(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static void page_live(struct pages *pages, uint64_t page, uint64_t granules)
{
    uint16_t before = pages->state[page];
    pages->pinned += (before & ~HELD) == 0;
    pages->held += (before & HELD) == 0;
    pages->state[page] = (uint16_t)((before | HELD) + granules);
}

void pages_live(struct pages *pages, uint64_t at, uint64_t granules)
{
    uint64_t end = at + granules;
    for (uint64_t next; at < end; at = next) {
        next = smaller(end, (at / PAGE_GRANULES + 1) * PAGE_GRANULES);
        page_live(pages, at / PAGE_GRANULES, next - at);
    }
    if ((end - 1) / PAGE_GRANULES >= pages->top)
        pages->top = (end - 1) / PAGE_GRANULES + 1;
}

void pages_dead(struct pages *pages, uint64_t at, uint64_t granules)
{
    uint64_t end = at + granules;
    for (uint64_t next; at < end; at = next) {
        next = smaller(end, (at / PAGE_GRANULES + 1) * PAGE_GRANULES);
        uint16_t *state = &pages->state[at / PAGE_GRANULES];
        *state = (uint16_t)(*state - (next - at));
        pages->pinned -= (*state & ~HELD) == 0;
    }
}

static void give_back(struct pages *pages, uint64_t page)
{
    if (pages->state[page] == HELD) {
        pages->state[page] = 0;
        pages->held--;
    }
}

void pages_give_back(struct pages *pages, uint64_t first, uint64_t count)
{
    for (uint64_t page = first; page < first + count; page++)
        give_back(pages, page);
}

void pages_trim_top(struct pages *pages)
{
    while (pages->top > 0 && (pages->state[pages->top - 1] & ~HELD) == 0)
        give_back(pages, --pages->top);
}

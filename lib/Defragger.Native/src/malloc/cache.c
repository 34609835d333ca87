/* See cache.h: what is done with one, by whoever owns it. */
#include "cache.h"

#include <string.h>

#include "report.h"

enum {
    BIN_FIRST = 4, /* blocks */
    MISSES = 32,   /* empty bins, since it began to take down, that say that a program builds again */
    CALM_BYTES =
        1024 * 1024, /* what may be live more or less in a program that is calm, and what it may keep */
    CALM_LOOKS = 64, /* looks within them after which it is */
    FILL_MOST = 64,  /* blocks at once */
    SPILL_MOST = 64,
    MIDDLE_BIN_BYTES = 32 * 1024,
    BIN_LEAST = 4,
};

/* --- Bins --- */

/* The most blocks of a bin with so many bytes. */
static uint32_t places_in(uint32_t length, uint64_t bytes, uint32_t most)
{
    uint32_t blocks = (uint32_t)(bytes / bytes_of(length));
    blocks = blocks < BIN_LEAST ? BIN_LEAST : blocks;
    return blocks < most ? blocks : most;
}

/* The most blocks that a bin may have now. */
static uint32_t limit_most(const struct cache *cache, uint32_t length)
{
    uint32_t most = cache->phase == CALM ? places_in(length, BIN_BYTES, BIN_MOST)
                                         : places_in(length, BIN_SMALL_BYTES, BIN_SMALL);
    return most < settings.cache ? most : settings.cache;
}

uint32_t cache_places(void)
{
    uint32_t places = 0;
    for (uint32_t length = 1; length <= SHORT_MOST; length++)
        places += places_in(length, BIN_BYTES, BIN_MOST) + 1;
    return places;
}

void cache_lay_out(struct cache *cache)
{
    uint32_t *next = cache->places;
    for (uint32_t length = 1; length <= SHORT_MOST; length++) {
        struct bin *bin = &cache->bins[length];
        bin->bottom = bin->top = bin->end = next + 1;
        next = bin->bottom + places_in(length, BIN_BYTES, BIN_MOST);
    }
}

/*
 * Bins start small: a block from a bin lies where it lay before, and so what a program keeps comes to lie on
 * more pages, the more of them there are. (The long-lived worker of bench/malloc held 39.2 MB in the end with
 * bins that never had more than 4 blocks while it built, 39.8 with 8, 41.4 with 32.)
 */
static void limits_set(struct cache *cache, uint32_t limit)
{
    if (settings.hardened) /* the more blocks a bin has, the less can be known of the next one */
        limit = BIN_SMALL;
    cache->allowed = 0;
    for (uint32_t length = 1; length <= SHORT_MOST; length++) {
        struct bin *bin = &cache->bins[length];
        uint32_t most = limit_most(cache, length), now = most < limit ? most : limit;
        bin->end = bin->bottom + now;
        bin->refilled = bin->missed = false;
        cache->allowed += now * bytes_of(length);
    }
}

void cache_reset(struct cache *cache)
{
    cache->phase = BUILDS;
    cache->looks = 0;
    limits_set(cache, BIN_FIRST);
}

/* A bin that is full although it was filled not long ago is too small for what the program does; of one that
 * is calm, one that was empty not long ago. */
static void limit_raise(struct cache *cache, uint32_t length)
{
    struct bin *bin = &cache->bins[length];
    uint32_t limit = bin_limit(bin), most = limit_most(cache, length);
    uint32_t raised = limit * 2 < most ? limit * 2 : most;
    uint64_t more = (raised - limit) * bytes_of(length); /* a limit is never above the most of its phase */
    bool too_small = cache->phase == CALM ? bin->missed : cache->phase == STEADY && bin->refilled;
    if (too_small && cache->allowed + more <= CALM_BYTES) {
        bin->end = bin->bottom + raised;
        cache->allowed += more;
    }
    bin->refilled = bin->missed = false;
}

static uint32_t middle_bin(uint32_t length)
{
    return class_of(length) - class_of(SHORT_MOST + 1);
}

static uint32_t middle_limit(uint32_t length)
{
    uint64_t blocks = MIDDLE_BIN_BYTES / bytes_of(length);
    return settings.cache == 0 ? 0 : blocks < MIDDLE_BIN_MOST ? (uint32_t)blocks : MIDDLE_BIN_MOST;
}

/* Whether a block that comes out of a bin has its mark, and takes it; reports it if not. */
static bool mark_take(uint32_t granule)
{
    void *block = block_at_granule(granule);
    bool has_mark = *mark_of(block) == mark_for(block);
    if (has_mark)
        *mark_of(block) = 0;
    else
        report_mistake("free", block, FREED_TWICE, 0, 0);
    return has_mark;
}

/* Whether what is live has stayed within CALM_BYTES for many looks. */
static bool is_calm(struct cache *cache, uint32_t live)
{
    if (cache->looks == 0)
        cache->least = cache->most = live;
    cache->least = live < cache->least ? live : cache->least;
    cache->most = live > cache->most ? live : cache->most;
    bool within = bytes_of(cache->most - cache->least) <= CALM_BYTES;
    cache->looks = !within ? 0 : cache->looks < CALM_LOOKS ? cache->looks + 1 : CALM_LOOKS;
    return cache->looks == CALM_LOOKS;
}

/*
 * Looks at what the program does, by what has become of the live bytes while so much was released. While it
 * builds, bins stay small. While it takes down they are as large as small bins may be: their blocks will go
 * to the heap anyway, and the more of them go together the better. In between they grow as they prove too
 * small. A program that builds and takes down again and again, but little, is calm: what it takes down it
 * will soon build again, and its bins may become large.
 */
static void look(struct cache *cache)
{
    uint32_t live = __atomic_load_n(&arenas[0].heap->live, __ATOMIC_RELAXED);
    int64_t grown = ((int64_t)live - cache->live) * DF_GRANULE, much = (int64_t)cache->released / 2;
    enum phase before = cache->phase;
    cache->phase = is_calm(cache, live) ? CALM
                   : grown >= much      ? BUILDS
                   : grown <= -much     ? TAKES_DOWN
                                        : STEADY;
    cache->live = live;
    cache->released = 0;
    cache->misses = 0;
    if (cache->phase == BUILDS)
        limits_set(cache, BIN_FIRST);
    else if (cache->phase == TAKES_DOWN || (before == CALM && cache->phase == STEADY))
        limits_set(cache, BIN_SMALL);
}

static void outbox_empty(struct cache *cache)
{
    cache->released += cache->outbox.bytes;
    cache->filled = 0;
    outbox_release(&cache->outbox);
    if (cache->released >= LOOK_BYTES)
        look(cache);
}

static void outbox_put(struct cache *cache, uint32_t length, uint32_t granule)
{
    if (!mark_take(granule))
        return;
    if (cache->outbox.count == OUTBOX_ROOM) /* a calm program's bins are being emptied */
        outbox_empty(cache);
    outbox_add(&cache->outbox, granule, length);
}

/* Puts all blocks of all bins into the outbox. */
static void bins_drain(struct cache *cache)
{
    for (uint32_t length = 1; length <= SHORT_MOST; length++) {
        struct bin *bin = &cache->bins[length];
        for (; !bin_is_empty(bin); bin->top--)
            outbox_put(cache, length, bin->top[-1]);
    }
}

/*
 * Empties the outbox when it is full. A program that has freed that much and asked for next to nothing takes
 * a structure down: then the bins' blocks, which lie between those of the outbox, go with them, and whole
 * pieces of the heap become free at once.
 */
static void outbox_check(struct cache *cache)
{
    if (cache->outbox.count < OUTBOX_MOST && cache->outbox.bytes <= OUTBOX_BYTES)
        return;
    if (cache->filled < OUTBOX_MOST / 8 && cache->phase != CALM)
        bins_drain(cache);
    outbox_empty(cache);
}

/* Moves the `number` blocks that a bin has had longest to the outbox. */
static void bin_spill(struct cache *cache, uint32_t length, uint32_t number)
{
    struct bin *bin = &cache->bins[length];
    for (uint32_t i = 0; i < number; i++)
        outbox_put(cache, length, bin->bottom[i]);
    bin->top -= number;
    memmove(bin->bottom, bin->bottom + number, bin_count(bin) * sizeof *bin->bottom);
    outbox_check(cache);
}

/* Makes room in a bin. It may have more than its limit, which has been lowered. */
static void bin_make_room(struct cache *cache, uint32_t length)
{
    struct bin *bin = &cache->bins[length];
    while (bin_limit(bin) > 0 && bin_count(bin) >= bin_limit(bin)) {
        uint32_t number = bin_count(bin) - bin_limit(bin) / 2;
        bin_spill(cache, length, number < SPILL_MOST ? number : SPILL_MOST);
    }
}

/* Asks the heap for a block and, where there are more like it, for some to keep; NULL: there is no memory. */
static void *bin_fill(struct cache *cache, uint32_t length)
{
    void *blocks[FILL_MOST];
    struct bin *bin = &cache->bins[length];
    uint32_t most = bin_limit(bin) / 2 < FILL_MOST ? bin_limit(bin) / 2 : FILL_MOST;
    if (cache->phase == TAKES_DOWN &&
        ++cache->misses == MISSES) { /* it builds again: what was kept goes to the heap */
        bins_drain(cache);
        cache->phase = BUILDS;
    }
    if (cache->outbox.count >= OUTBOX_MOST / 4)
        outbox_empty(cache);
    uint32_t count = arena_fill(length, most > 0 ? most : 1, blocks, &cache->region);
    cache->filled += count;
    bin->refilled |= count > 1;
    bin->missed = true;
    for (uint32_t i = 1; i < count; i++) /* the first is taken first */
        bin_push(bin, granule_of(&arenas[0], blocks[count - i]), blocks[count - i]);
    return count > 0 ? blocks[0] : NULL;
}

/* Cuts some blocks in advance, to be shuffled. */
static void bin_cut(struct cache *cache, uint32_t length)
{
    struct bin *bin = &cache->bins[length];
    while (bin_count(bin) < bin_limit(bin) / 2 && cache->region.arena == &arenas[0] &&
           region_serves(&cache->region, length)) {
        void *block = region_cut(&cache->region, length);
        bin_push(bin, granule_of(&arenas[0], block), block);
    }
}

/* Swaps the block that would be taken next with any other of its bin. */
static void bin_shuffle(struct cache *cache, struct bin *bin)
{
    static __thread uint64_t state __attribute__((tls_model("initial-exec")));
    if (state == 0)
        state = (cache_mark ^ (uint64_t)(uintptr_t)cache) | 1;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17; /* Marsaglia, "Xorshift RNGs", 2003 */
    uint32_t *last = bin->top - 1, *other = bin->bottom + (uint32_t)(state >> 32) % bin_count(bin);
    uint32_t swap = *last;
    *last = *other;
    *other = swap;
}

/* The first block of a middle bin that is long enough. */
static void *middle_take(struct cache *cache, uint32_t length)
{
    uint32_t bin = middle_bin(length), count = cache->middle_counts[bin];
    struct kept *kept = cache->middle[bin];
    for (uint32_t i = count; i-- > 0;)
        if (kept[i].length >= length) {
            uint32_t granule = kept[i].granule;
            memmove(kept + i, kept + i + 1, (count - i - 1) * sizeof *kept);
            cache->middle_counts[bin]--;
            return mark_take(granule) ? block_at_granule(granule) : NULL;
        }
    return NULL;
}

static void middle_put(struct cache *cache, uint32_t length, uint32_t granule)
{
    uint32_t bin = middle_bin(length), limit = middle_limit(length), count = cache->middle_counts[bin];
    struct kept *kept = cache->middle[bin];
    if (count > 0 && count >= limit) {
        outbox_put(cache, kept[0].length, kept[0].granule);
        memmove(kept, kept + 1, --count * sizeof *kept);
    }
    if (limit == 0)
        outbox_put(cache, length, granule);
    else
        kept[count++] = (struct kept){granule, length};
    cache->middle_counts[bin] = (uint8_t)count;
    outbox_check(cache);
}

/* --- The long way --- */

void *cache_take(struct cache *cache, uint32_t length, bool shuffled)
{
    void *block = NULL;
    if (length > SHORT_MOST)
        return middle_take(cache, length);
    struct bin *bin = &cache->bins[length];
    if (shuffled && bin_is_empty(bin))
        bin_cut(cache, length);
    while (block == NULL && !bin_is_empty(bin)) {
        if (shuffled)
            bin_shuffle(cache, bin);
        block = bin_take(bin);
        if (block == NULL) /* reports what is wrong with it, and drops it */
            mark_take(*--bin->top);
    }
    if (block == NULL && region_serves(&cache->region, length))
        block = region_cut(&cache->region, length);
    return block != NULL ? block : bin_fill(cache, length);
}

void cache_put(struct cache *cache, uint32_t length, void *block)
{
    uint32_t granule = granule_of(&arenas[0], block);
    *mark_of(block) = mark_for(block);
    if (length > SHORT_MOST) {
        middle_put(cache, length, granule);
        return;
    }
    struct bin *bin = &cache->bins[length];
    if (bin->top >= bin->end)
        limit_raise(cache, length);
    bin_make_room(cache, length);
    if (!bin_push(bin, granule, block)) {
        outbox_put(cache, length, granule);
        outbox_check(cache);
    }
}

static bool has(const uint32_t *granules, uint32_t count, uint32_t granule)
{
    bool found = false;
    for (uint32_t i = 0; i < count; i++)
        found |= granules[i] == granule;
    return found;
}

bool cache_has(const struct cache *cache, uint32_t granule)
{
    bool found = outbox_has(&cache->outbox, granule);
    for (uint32_t length = 1; length <= SHORT_MOST; length++)
        found |= has(cache->bins[length].bottom, bin_count(&cache->bins[length]), granule);
    for (uint32_t bin = 0; bin < MIDDLE_BINS; bin++)
        for (uint32_t i = 0; i < cache->middle_counts[bin]; i++)
            found |= cache->middle[bin][i].granule == granule;
    return found;
}

void cache_flush(struct cache *cache)
{
    bins_drain(cache);
    for (uint32_t bin = 0; bin < MIDDLE_BINS; bin++) {
        for (uint32_t i = 0; i < cache->middle_counts[bin]; i++)
            outbox_put(cache, cache->middle[bin][i].length, cache->middle[bin][i].granule);
        cache->middle_counts[bin] = 0;
    }
    outbox_empty(cache);
    region_end(&cache->region);
    cache_reset(cache);
}

void cache_lose(struct cache *cache)
{
    for (uint32_t length = 1; length <= SHORT_MOST; length++)
        cache->bins[length].top = cache->bins[length].bottom;
    memset(cache->middle_counts, 0, sizeof cache->middle_counts);
    outbox_lose(&cache->outbox);
    cache->filled = 0;
    cache->region = (struct region){.arena = NULL};
    atomic_store(&cache->busy, 0);
}

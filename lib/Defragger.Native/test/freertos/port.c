/*
 * heap_defragger.c on a simulated kernel (simulation/), compiled once for each size of heap.
 *
 * The port's source is included, so that its heap can be checked after every step.
 */
#include "../../src/freertos/heap_defragger.c"

#include "../check.h"

#if (configAPPLICATION_ALLOCATED_HEAP == 1)
/* As awkward as an application may place it; C itself would align an array of this size. */
#define TEXT(macro) TEXT_OF(macro)
#define TEXT_OF(text) #text
__asm__(
    ".bss\n .balign 64\n .zero 3\n .globl ucHeap\n ucHeap: .zero " TEXT(configTOTAL_HEAP_SIZE) "\n .text");
#endif

enum { TOTAL = configTOTAL_HEAP_SIZE, SLOTS = 64, BLOCKS_MOST = TOTAL / DF_GRANULE + SLOTS };

static void *blocks[BLOCKS_MOST];

/* Whether metadata and a block fit at all; if not, all allocations fail, and say so. */
static bool is_too_small(void)
{
    return arena_distance(DF_GRANULE) + DF_GRANULE > TOTAL;
}

static void sound(void)
{
    CHECK(df_heap_check(port.heap) == 0);
    CHECK(simulation.suspended == 0 && simulation.unguarded == 0 && simulation.hooks_suspended == 0);
    struct df_statistics now;
    df_heap_statistics(port.heap, &now);
    CHECK(xPortGetFreeHeapSize() == now.free && simulation.traced == now.live);
    CHECK(port.free_least <= port.free_now);
}

static void restart(void)
{
    vPortHeapResetState();
    simulation = (struct simulation){0};
    memset(ucHeap, 0xA5, sizeof ucHeap); /* a restart without a reset leaves memory as it was */
}

/* Takes blocks of a size until there is no room; how many. */
static size_t fill(size_t size)
{
    size_t count = 0;
    while (count < BLOCKS_MOST && (blocks[count] = pvPortMalloc(size)) != NULL) {
        memset(blocks[count], (int)(count % 251 + 1), size);
        count++;
    }
    return count;
}

static bool is_filled(size_t at, size_t size)
{
    const uint8_t *bytes = blocks[at];
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != at % 251 + 1)
            return false;
    return true;
}

/* --- Tests --- */

static void test_too_small(void)
{
    restart();
    CHECK(pvPortMalloc(1) == NULL);
    CHECK(simulation.asserts == 1 && simulation.failed_hooks == 1 && simulation.suspended == 0);
    CHECK(xPortGetFreeHeapSize() == 0);
}

static void test_before_the_first_allocation(void)
{
    HeapStats_t stats;
    restart();
    vPortInitialiseBlocks();
    CHECK(xPortGetFreeHeapSize() == 0 && xPortGetMinimumEverFreeHeapSize() == 0);
    vPortGetHeapStats(&stats);
    CHECK(stats.xNumberOfFreeBlocks == 0 && stats.xSizeOfLargestFreeBlockInBytes == 0);
    CHECK(stats.xSizeOfSmallestFreeBlockInBytes == SIZE_MAX && simulation.suspended == 0);
    vPortFree(NULL);
    CHECK(simulation.asserts == 0);
    vPortFree(blocks);
    CHECK(simulation.asserts == 1 && simulation.suspended == 0);
}

static void test_arena_takes_what_is_there(void)
{
    restart();
    vPortFree(pvPortMalloc(1));
    uint8_t *end = ucHeap + sizeof ucHeap;
    size_t capacity = xPortGetFreeHeapSize();
    CHECK((uintptr_t)port.arena % portBYTE_ALIGNMENT == 0 && port.arena > (uint8_t *)port.heap);
    CHECK((uint8_t *)port.heap >= ucHeap && port.arena + capacity <= end);
    CHECK((uint8_t *)port.heap + df_heap_metadata_size(capacity) <= port.arena);
    /* A granule more would not fit. */
    size_t more = arena_distance(capacity + DF_GRANULE) + capacity + DF_GRANULE;
    CHECK((uint8_t *)port.heap + more > end);
    sound();
}

/* What is left beside the metadata, in percent: little of a small heap, nearly all of a large one. */
static void test_share_of_the_arena(void)
{
    restart();
    vPortFree(pvPortMalloc(1));
    size_t least = TOTAL >= 32768 ? 94 : TOTAL >= 16384 ? 90 : TOTAL >= 8192 ? 80 : TOTAL >= 4096 ? 68 : 44;
    CHECK(xPortGetFreeHeapSize() * 100 >= TOTAL * least);
}

/* As a small kernel does: tasks, each a control block and a stack, that end and begin; a queue stays. */
static void test_tasks_come_and_go(void)
{
    enum { TASKS = 2, CONTROL = 96, STACK = 320, QUEUE = 64 };
    uint8_t *controls[TASKS], *stacks[TASKS];
    restart();
    uint8_t *queue = pvPortMalloc(QUEUE);
    for (int i = 0; i < TASKS; i++) {
        controls[i] = pvPortMalloc(CONTROL);
        stacks[i] = pvPortMalloc(STACK);
    }
    size_t left = xPortGetFreeHeapSize();
    for (int round = 0; round < 100 && CHECK(simulation.failed_hooks == 0); round++) {
        int i = round % 3 % TASKS;
        memset(stacks[i], 0x5A, STACK);
        vPortFree(stacks[i]);
        vPortFree(controls[i]);
        CHECK(xPortGetFreeHeapSize() == left + CONTROL + STACK);
        controls[i] = pvPortMalloc(CONTROL);
        stacks[i] = pvPortMalloc(STACK);
        CHECK(xPortGetFreeHeapSize() == left && xPortGetMinimumEverFreeHeapSize() == left);
        sound();
    }
    vPortFree(queue);
    CHECK(simulation.asserts == 0);
}

/* The classic: many small blocks are freed, in the worst order, then one block takes all. */
static void test_all_joins_again(void)
{
    for (size_t stride = 1; stride <= 7; stride += 2) {
        restart();
        size_t count = fill(24);
        CHECK(count > 0 && simulation.failed_hooks == 1);
        size_t capacity = xPortGetFreeHeapSize() + count * 32;
        for (size_t first = 0; first < stride; first++)
            for (size_t at = first; at < count; at += stride) {
                CHECK(is_filled(at, 24));
                vPortFree(blocks[at]);
            }
        sound();
        void *all = pvPortMalloc(capacity);
        CHECK(all == port.arena && xPortGetFreeHeapSize() == 0 && xPortGetMinimumEverFreeHeapSize() == 0);
        CHECK(pvPortMalloc(1) == NULL);
        vPortFree(all);
        CHECK(xPortGetFreeHeapSize() == capacity && simulation.asserts == 0);
        sound();
    }
}

static void test_statistics(void)
{
    HeapStats_t stats;
    restart();
    void *first = pvPortMalloc(100), *second = pvPortMalloc(10), *third = pvPortMalloc(60);
    size_t capacity = xPortGetFreeHeapSize() + 112 + 16 + 64;
    CHECK(first != NULL && second != NULL && third != NULL);
    vPortFree(first);
    vPortGetHeapStats(&stats);
    CHECK(stats.xAvailableHeapSpaceInBytes == capacity - 80 && stats.xNumberOfFreeBlocks == 2);
    CHECK(stats.xSizeOfLargestFreeBlockInBytes == capacity - 192 || capacity - 192 < 112);
    CHECK(stats.xSizeOfSmallestFreeBlockInBytes == 112 || capacity - 192 < 112);
    CHECK(stats.xMinimumEverFreeBytesRemaining == capacity - 192);
    CHECK(stats.xNumberOfSuccessfulAllocations == 3 && stats.xNumberOfSuccessfulFrees == 1);
    CHECK(simulation.mallocs == 3 && simulation.frees == 1 && simulation.traced == 80);
    CHECK(pvPortMalloc(capacity) == NULL);
    vPortGetHeapStats(&stats);
    CHECK(stats.xNumberOfSuccessfulAllocations == 3);
    sound();
}

static void test_least_ever_free(void)
{
    restart();
    void *block = pvPortMalloc(64);
    size_t least = xPortGetFreeHeapSize();
    CHECK(xPortGetMinimumEverFreeHeapSize() == least);
    vPortFree(block);
    CHECK(xPortGetMinimumEverFreeHeapSize() == least && xPortGetFreeHeapSize() == least + 64);
    xPortResetHeapMinimumEverFreeHeapSize();
    CHECK(xPortGetMinimumEverFreeHeapSize() == least + 64);
    block = pvPortMalloc(16);
    CHECK(xPortGetMinimumEverFreeHeapSize() == least + 48);
    vPortFree(block);
}

static void test_calloc(void)
{
    restart();
    size_t count = fill(64);
    while (count > 0)
        vPortFree(blocks[--count]); /* so that memory is not zero by chance */
    uint8_t *block = pvPortCalloc(7, 9);
    if (CHECK(block != NULL))
        for (size_t i = 0; i < 63; i++)
            CHECK(block[i] == 0);
    simulation.failed_hooks = 0;
    CHECK(pvPortCalloc(SIZE_MAX / 2 + 2, 2) == NULL && pvPortCalloc(SIZE_MAX, SIZE_MAX) == NULL);
    CHECK(pvPortCalloc(2, SIZE_MAX / 2 + 2) == NULL);
    CHECK(pvPortCalloc(1, SIZE_MAX) == NULL && simulation.failed_hooks == 1);
    CHECK(pvPortCalloc(0, 8) == NULL && pvPortCalloc(8, 0) == NULL);
    sound();
}

static void test_sizes_at_the_edge(void)
{
    restart();
    CHECK(pvPortMalloc(0) == NULL && simulation.failed_hooks == 1);
    CHECK(pvPortMalloc(SIZE_MAX) == NULL && pvPortMalloc(SIZE_MAX - 15) == NULL &&
          pvPortMalloc(TOTAL) == NULL);
    CHECK(simulation.failed_hooks == 4 && simulation.asserts == 0);
    sound();
}

static void test_wrong_frees(void)
{
    restart();
    uint8_t *block = pvPortMalloc(64), *other = pvPortMalloc(64);
    vPortFree(block);
    size_t before = xPortGetFreeHeapSize();
    void *const wrong[] = {block,  other + 16,     other + 1, ucHeap, ucHeap + sizeof ucHeap,
                           blocks, port.arena - 16};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        vPortFree(wrong[i]);
        CHECK(simulation.asserts == i + 1 && xPortGetFreeHeapSize() == before);
    }
    vPortFree(other);
    CHECK(simulation.asserts == sizeof wrong / sizeof *wrong);
    sound();
}

static uint32_t random_next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void test_random(void)
{
    enum { STEPS = TOTAL > 65536 ? 1000 : 3000 };
    static size_t sizes[SLOTS];
    for (uint32_t seed = 1; seed <= 4; seed++) {
        uint32_t state = seed * 2654435761u, most = (uint32_t)TOTAL / (8u << seed) + 40;
        restart();
        memset(blocks, 0, sizeof blocks);
        for (int step = 0; step < STEPS; step++) {
            size_t at = random_next(&state) % SLOTS;
            if (blocks[at] != NULL) {
                CHECK(is_filled(at, sizes[at]));
                vPortFree(blocks[at]);
                blocks[at] = NULL;
            } else {
                sizes[at] = random_next(&state) % most + 1;
                blocks[at] = pvPortMalloc(sizes[at]);
                CHECK((uintptr_t)blocks[at] % portBYTE_ALIGNMENT == 0);
                if (blocks[at] != NULL)
                    memset(blocks[at], (int)(at % 251 + 1), sizes[at]);
            }
            sound();
        }
        CHECK(simulation.asserts == 0 && simulation.mallocs >= STEPS / 4);
    }
}

/* --- xPortHeapWalk --- */

size_t xPortHeapWalk(void (*visit)(void *, size_t, size_t, BaseType_t), void *context);

struct seen {
    size_t end, free, blocks;
    bool has_gap;
};

static void see(void *context, size_t offset, size_t length, BaseType_t is_block)
{
    struct seen *seen = context;
    seen->has_gap |= offset != seen->end || length == 0;
    seen->end = offset + length;
    seen->blocks += is_block ? 1 : 0;
    seen->free += is_block ? 0 : length;
}

static void test_walk(void)
{
    struct seen seen = {0};
    restart();
    CHECK(xPortHeapWalk(see, &seen) == 0 && seen.end == 0);
    size_t count = fill(24);
    for (size_t i = 0; i < count; i += 3)
        vPortFree(blocks[i]);
    size_t capacity = xPortHeapWalk(see, &seen);
    CHECK(capacity == seen.end && !seen.has_gap && seen.free == xPortGetFreeHeapSize());
    CHECK(seen.blocks == count - (count + 2) / 3 && xPortHeapWalk(NULL, NULL) == capacity);
    CHECK(simulation.unguarded == 0 && simulation.suspended == 0);
}

static void print(void *context, size_t offset, size_t length, BaseType_t is_block)
{
    (void)context;
    printf("%s %zu %zu\n", is_block ? "block" : "free", offset, length);
}

/* A snapshot of a heap in use, as Export-DefragHeapMap reads it. */
static int print_region(void)
{
    uint32_t state = 1;
    memset(blocks, 0, sizeof blocks);
    restart();
    for (int step = 0; step < 4000; step++) {
        size_t at = random_next(&state) % SLOTS;
        vPortFree(blocks[at]);
        blocks[at] = pvPortMalloc(random_next(&state) % (TOTAL / SLOTS) + 1);
    }
    printf("region 0x0 %zu\n", xPortHeapWalk(NULL, NULL));
    xPortHeapWalk(print, NULL);
    puts("end");
    return 0;
}

/* With any argument: the snapshot of a region, and no test. */
int main(int argument_count, char **arguments)
{
    (void)arguments;
    if (argument_count > 1)
        return print_region();
    if (is_too_small()) {
        printf("a heap of %d bytes has no room for metadata of %zu\n", TOTAL,
               df_heap_metadata_size(DF_GRANULE));
        test_too_small();
        return check_end();
    }
    test_before_the_first_allocation();
    test_arena_takes_what_is_there();
    test_share_of_the_arena();
    test_tasks_come_and_go();
    test_all_joins_again();
    test_statistics();
    test_least_ever_free();
    test_calloc();
    test_sizes_at_the_edge();
    test_wrong_frees();
    test_random();
    test_walk();
    return check_end();
}

/*
 * The coalescing heap as the heap of FreeRTOS, in place of heap_4.c: compile this file, core/heap.c and
 * core/heap_view.c with the kernel, and no other heap_*.c. -DDF_HOLDS=0 leaves out what only a merger of
 * pages needs, 1.4 KB.
 *
 * ucHeap[configTOTAL_HEAP_SIZE] holds everything: the heap's metadata, at a multiple of 64, then the arena,
 * at a multiple of portBYTE_ALIGNMENT, as large as then fits. A block has no header: what overruns a block
 * damages the next block, but never the heap.
 *
 *   1. The heap is opened by the first allocation; until then there are no free bytes, as in heap_4.
 *   2. The core is called with the scheduler suspended, never otherwise.
 *   3. free_now and free_least are read without that, and free_least is reset: a word each, as in heap_4.
 *   4. ucHeap need not be zero at the start; the metadata is cleared when the heap is opened.
 *
 * Cost, and the share of the metadata: test/freertos/report.sh. Malloc and free take the same few steps
 * however many blocks there are; vPortGetHeapStats walks over all of them. Functions and statistics are those
 * of FreeRTOS-Kernel include/portable.h, where it is said what each does.
 */
#include <string.h>

/* As in each heap of the kernel: task.h is not to put the MPU's wrappers in place of these functions. */
#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE
#include "FreeRTOS.h"
#include "task.h"
#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "defragger_heap.h"

#if (configSUPPORT_DYNAMIC_ALLOCATION == 0)
#error "heap_defragger.c is of no use where configSUPPORT_DYNAMIC_ALLOCATION is 0"
#endif

#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
#define configHEAP_CLEAR_MEMORY_ON_FREE 0
#endif

#if (configAPPLICATION_ALLOCATED_HEAP == 1)
extern uint8_t ucHeap[configTOTAL_HEAP_SIZE];
#else
PRIVILEGED_DATA static uint8_t ucHeap[configTOTAL_HEAP_SIZE] __attribute__((aligned(64)));
#endif

_Static_assert(portBYTE_ALIGNMENT <= DF_GRANULE,
               "the arena's start is aligned for the port, and so are blocks");

enum { METADATA_ALIGNMENT = 64 };

static struct {
    struct df_heap *heap; /* NULL: not open */
    uint8_t *arena;
    size_t free_now, free_least; /* bytes */
    size_t allocations, frees;   /* that succeeded */
} port PRIVILEGED_DATA;

/* --- Opening --- */

static size_t round_up(size_t bytes, size_t alignment)
{
    return (bytes + alignment - 1) / alignment * alignment;
}

/* From the metadata's start to the arena's. */
static size_t arena_distance(size_t capacity)
{
    return round_up(df_heap_metadata_size(capacity), portBYTE_ALIGNMENT);
}

/* The largest arena that fits into `room` bytes with its metadata; 0: none does. Metadata grows by chunks, so
 * this steps down from what cannot fit; it is done once. */
static size_t arena_fit(size_t room)
{
    size_t capacity = room / DF_GRANULE * DF_GRANULE;
    while (capacity > 0 && arena_distance(capacity) + capacity > room)
        capacity -= DF_GRANULE;
    return capacity;
}

static void port_open(void)
{
    size_t before = round_up((uintptr_t)ucHeap, METADATA_ALIGNMENT) - (uintptr_t)ucHeap;
    uint8_t *metadata = ucHeap + before;
    size_t capacity = sizeof ucHeap > before ? arena_fit(sizeof ucHeap - before) : 0;
    if (capacity == 0)
        return;
    struct df_heap_options options = {.capacity = capacity};
    memset(metadata, 0, arena_distance(capacity));
    /* Cannot fail: all that it asks for is seen to here. */
    (void)df_heap_open(metadata, arena_distance(capacity), &options, &port.heap);
    port.arena = metadata + arena_distance(capacity);
    port.free_now = port.free_least = capacity;
}

/* --- Allocation --- */

static size_t usable_size(uint64_t offset)
{
    uint64_t size = 0;
    df_heap_usable_size(port.heap, offset, &size);
    return (size_t)size;
}

/* A block and what it occupies; NULL: there is none. */
static void *port_allocate(size_t size, size_t *occupied)
{
    uint64_t offset;
    if (port.heap == NULL)
        port_open();
    configASSERT(port.heap != NULL); /* configTOTAL_HEAP_SIZE has no room for metadata and one block */
    if (port.heap == NULL || size == 0 || df_heap_allocate(port.heap, size, DF_GRANULE, &offset) != DF_OK)
        return NULL;
    *occupied = usable_size(offset);
    port.free_now -= *occupied;
    if (port.free_now < port.free_least)
        port.free_least = port.free_now;
    port.allocations++;
    return port.arena + (size_t)offset;
}

void *pvPortMalloc(size_t xWantedSize)
{
    size_t occupied = 0;
    vTaskSuspendAll();
    void *block = port_allocate(xWantedSize, &occupied);
    traceMALLOC(block, occupied);
    (void)occupied; /* where nothing is traced */
    (void)xTaskResumeAll();
#if (configUSE_MALLOC_FAILED_HOOK == 1)
    if (block == NULL)
        vApplicationMallocFailedHook();
#endif
    return block;
}

void *pvPortCalloc(size_t xNum, size_t xSize)
{
    if (xSize > 0 && xNum > SIZE_MAX / xSize)
        return NULL;
    void *block = pvPortMalloc(xNum * xSize);
    if (block != NULL)
        memset(block, 0, xNum * xSize);
    return block;
}

/* --- Release --- */

/* What the block occupied; 0: it is no block of this heap. */
static size_t port_release(void *block)
{
    uint64_t offset = (uintptr_t)block - (uintptr_t)port.arena; /* before the arena: beyond any end */
    size_t size = port.heap == NULL ? 0 : usable_size(offset);
    if (size == 0)
        return 0;
#if (configHEAP_CLEAR_MEMORY_ON_FREE == 1)
    memset(block, 0, size);
#endif
    df_heap_release(port.heap, offset);
    port.free_now += size;
    port.frees++;
    return size;
}

void vPortFree(void *pv)
{
    if (pv == NULL)
        return;
    vTaskSuspendAll();
    size_t size = port_release(pv);
    if (size > 0)
        traceFREE(pv, size);
    (void)xTaskResumeAll();
    configASSERT(size > 0); /* freed twice, or never allocated: nothing was done */
    (void)size;
}

/* --- What can be seen --- */

size_t xPortGetFreeHeapSize(void)
{
    return port.free_now;
}

size_t xPortGetMinimumEverFreeHeapSize(void)
{
    return port.free_least;
}

void xPortResetHeapMinimumEverFreeHeapSize(void)
{
    port.free_least = port.free_now;
}

void vPortGetHeapStats(HeapStats_t *pxHeapStats)
{
    HeapStats_t stats = {.xSizeOfSmallestFreeBlockInBytes = SIZE_MAX}; /* when there is none, as in heap_4 */
    struct df_item item;
    vTaskSuspendAll();
    for (uint64_t at = 0; port.heap != NULL && df_heap_walk(port.heap, at, &item); at += item.length) {
        size_t length = (size_t)item.length;
        if (item.live)
            continue;
        stats.xNumberOfFreeBlocks++;
        if (length > stats.xSizeOfLargestFreeBlockInBytes)
            stats.xSizeOfLargestFreeBlockInBytes = length;
        if (length < stats.xSizeOfSmallestFreeBlockInBytes)
            stats.xSizeOfSmallestFreeBlockInBytes = length;
    }
    stats.xAvailableHeapSpaceInBytes = port.free_now;
    stats.xMinimumEverFreeBytesRemaining = port.free_least;
    stats.xNumberOfSuccessfulAllocations = port.allocations;
    stats.xNumberOfSuccessfulFrees = port.frees;
    (void)xTaskResumeAll();
    *pxHeapStats = stats;
}

/* --- Start and restart --- */

/* The kernel calls it; there is nothing to do. */
void vPortInitialiseBlocks(void) {}

/* Forgets all blocks. The kernel is about to be started again: nobody else is running. */
void vPortHeapResetState(void)
{
    memset(&port, 0, sizeof port);
}

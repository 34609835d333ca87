/*
 * What src/malloc/compact_alike.c reads of the heap, with a fault, in a library that only a test loads: a
 * quarter of each page's granules counts as free, and is written over although blocks live there.
 */
#include "defragger_heap.h"

DF_API void faulty_page_live(const struct df_heap *heap, uint32_t page, uint64_t live[4]);

void faulty_page_live(const struct df_heap *heap, uint32_t page, uint64_t live[4])
{
    df_heap_page_live(heap, page, live);
    live[3] = 0;
}

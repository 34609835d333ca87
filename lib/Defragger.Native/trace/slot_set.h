/* Which slots are taken, and the lowest that is free.
 *
 * Four levels of bits, 64 to one above. Invariants:
 *   1. level 0: bit i is set if slot i is taken;
 *   2. level k: bit i is set if all 64 bits below it in level k - 1 are set.
 * So the lowest free slot is found by four looks at one word each, and all zero (as static memory is) is the
 * empty set. 2.1 MB of address space, of which only what is used is ever touched.
 */
#ifndef DEFRAG_SLOT_SET_H
#define DEFRAG_SLOT_SET_H

#include <stdint.h>

enum { SLOT_LEVELS = 4, SLOT_COUNT = 1 << (6 * SLOT_LEVELS) };

/* The lowest free slot, taken from here on; -1 if there is none. */
int32_t slot_take(void);

/* A taken slot is free again. */
void slot_release(int32_t slot);

#endif

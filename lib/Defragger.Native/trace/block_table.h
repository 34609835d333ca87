/* Which slot a block has: a hash table from address to slot.
 *
 * Open addressing with linear probing, at most half full, in memory from mmap: the table cannot ask the
 * malloc that it serves. Removal shifts the entries behind back into the gap, so there are no tombstones and
 * a table that saw millions of blocks is as fast as a new one.
 */
#ifndef DEFRAG_BLOCK_TABLE_H
#define DEFRAG_BLOCK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/* Remembers a block that is not in the table; false if there is no memory for it. */
bool block_add(const void *block, int32_t slot);

/* The slot of a block, which is forgotten; -1 if it is not in the table. */
int32_t block_remove(const void *block);

#endif

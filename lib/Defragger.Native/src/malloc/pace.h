/*
 * When memory is given back: without being asked, but not what will be used again at once.
 *
 * Every quarter of the decay time is a step. The fewest pages that were free and dirty at any moment of the
 * last four steps were not needed in all that time: so many are given back, from the highest address down,
 * since allocation prefers low ones. A program that drops and builds the same data again within the decay
 * time therefore pays nothing, and one that rests has all of it given back after at most five steps. Caches
 * of threads that rest are emptied first, and large blocks that waited for the decay time are unmapped.
 * (jemalloc decays along a curve from the time a page became dirty; TCMalloc's background release and Go's
 * scavenger also go by what was not needed over a while. The low-water mark needs no time stamp a page.)
 *
 * A thread does the steps where it may. It is started when the heap has reached THREAD_HEAP, by a call of
 * malloc that did not come from the C library, which may hold locks that starting a thread takes (it frees
 * the stacks of ended threads under one). It ends when nothing is left to do, and is not there during fork:
 * where it stayed and slept, a process whose last own thread ends by pthread_exit would never end. One that
 * ends while there is work is noticed, and the work left. Without it, the steps are done by calls that take
 * the heap's lock anyway.
 */
#ifndef DF_PACE_H
#define DF_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* The heap has changed: starts the thread, or takes a step, if it is time. Without locks, and
 * without the cache. `caller` is the code that called malloc or free. */
void pace_note(const void *caller);

/* Empties the caches of all threads into the heap. */
void pace_flush(void);

/* Gives back all that can be; gives the bytes. */
uint64_t pace_trim(void);

/* Ends the thread until it is needed again; before a fork. Whether there was one. */
bool pace_stop(void);

/* After it, in parent and child. The parent starts no thread for a step: Python looks after a fork whether
 * there are threads, and warns. */
void pace_resume(bool is_child);

/* Starts the thread that pace_stop has ended, after pace_resume; by a call that is not the C library's. */
void pace_go_on(void);

#endif

/*
 * fork in a process of many threads: the child is a copy of one moment, and has one thread. At that moment
 * nobody may be inside the allocator: the background thread is ended, all caches are closed, all locks are
 * held. In the child what the caches of other threads hold goes back to the heap. vfork and posix_spawn share
 * the memory until exec and need nothing.
 */
#ifndef DF_FORK_H
#define DF_FORK_H

void fork_start(void);

#endif

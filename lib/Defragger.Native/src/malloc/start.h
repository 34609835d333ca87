/* Getting ready, with the first call of all: the dynamic linker allocates before any constructor runs. */
#ifndef DF_START_H
#define DF_START_H

#include <stdatomic.h>
#include <stdbool.h>

extern _Atomic bool started;

/* False: there is no memory at all. */
bool start_now(void);

static inline bool start(void)
{
    return atomic_load_explicit(&started, memory_order_acquire) || start_now();
}

#endif

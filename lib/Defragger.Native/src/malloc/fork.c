/* See fork.h. */
#include "fork.h"

#include <pthread.h>

#include "cache.h"
#include "compact.h"
#include "large.h"
#include "pace.h"
#include "record.h"

/* The order of locks everywhere: caches, arenas, large blocks. */
static void prepare(void)
{
    compact_fork_prepare();
    pace_stop();
    record_fork_prepare();
    caches_close();
    arenas_lock();
    large_lock();
}

static void parent(void)
{
    large_unlock();
    arenas_unlock();
    caches_open();
    record_fork_parent();
    pace_resume(false);
    compact_fork_parent();
}

static void child(void)
{
    large_reset_lock();
    arenas_reset_locks();
    caches_orphan();
    caches_open();
    record_fork_child();
    pace_resume(true);
    compact_fork_child();
}

void fork_start(void)
{
    pthread_atfork(prepare, parent, child);
}

/* See start.h. */
#include "start.h"

#include <unistd.h>

#include "../os/lock.h"
#include "../os/process.h"
#include "cache.h"
#include "defragger.h"
#include "fork.h"
#include "record.h"
#include "settings.h"

_Atomic bool started;

static struct os_lock starting;
static bool has_settings;

static void apply_settings(void)
{
    has_settings = os_settings_are_there();
    if (!has_settings)
        return;
    settings_read();
    caches_limit();
    caches_set(HARDENED, settings.hardened != 0);
}

bool start_now(void)
{
    os_lock_take(&starting);
    bool ready = atomic_load(&started);
    if (!ready) {
        ready = arenas_start();
        if (ready) {
            caches_start();
            apply_settings();
            atomic_store_explicit(&started, true, memory_order_release);
        }
    }
    os_lock_give(&starting);
    return ready;
}

/* When libc is ready: what needs it. First of all constructors, so that theirs are recorded. */
__attribute__((constructor(101))) static void start_rest(void)
{
    if (!start())
        return;
    if (!has_settings)
        apply_settings();
    os_libraries_find();
    fork_start();
    const char *path = settings_record_path();
    if (path != NULL)
        record_start(path);
}

__attribute__((destructor(101))) static void finish(void)
{
    record_stop();
    if (settings.statistics)
        df_malloc_print(STDERR_FILENO);
}

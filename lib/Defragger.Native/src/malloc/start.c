/* See start.h. */
#include "start.h"

#include <errno.h>
#include <unistd.h>

#include "../os/lock.h"
#include "../os/process.h"
#include "cache.h"
#include "compact.h"
#include "defragger.h"
#include "fork.h"
#include "record.h"
#include "settings.h"
#include "text.h"

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
    caches_set(OFF, settings.off != 0);
}

bool start_now(void)
{
    os_lock_take(&starting);
    bool ready = atomic_load(&started);
    if (!ready) {
        ready = arenas_extend(0);
        if (ready) {
            caches_start();
            compact_start();
            apply_settings();
            atomic_store_explicit(&started, true, memory_order_release);
        }
    }
    os_lock_give(&starting);
    return ready;
}

static void say(const char *what, int error, const char *more)
{
    struct text text = {.length = 0};
    text_add(&text, what);
    text_number(&text, (uint64_t)error);
    text_add(&text, more);
    text_add(&text, "\n");
    os_write(STDERR_FILENO, text.bytes, text.length);
}

/* One line says when that is not possible, and the program runs without. */
static void record_from_the_start(const char *pattern)
{
    int error = record_start_each(pattern);
    if (error == 0)
        return;
    say("defragger: DEFRAGGER_RECORD: nothing is recorded, since the file cannot be made: errno ", error,
        error == EEXIST ? ", it is there already" : "");
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
    const char *pattern = settings_record_path();
    if (pattern != NULL)
        record_from_the_start(pattern);
}

__attribute__((destructor(101))) static void finish(void)
{
    int error = record_stop();
    if (error != 0)
        say("defragger: the recording ended before the program did: errno ", error, "");
    if (settings.statistics)
        df_malloc_print(STDERR_FILENO);
}

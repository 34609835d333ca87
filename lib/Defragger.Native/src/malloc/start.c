/* See start.h. */
#include "start.h"

#include <errno.h>
#include <limits.h>
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

/* The path of DEFRAGGER_RECORD with the process id for each %p; what does not fit is cut off. */
static void expand(const char *pattern, char *path, size_t room)
{
    size_t length = 0;
    for (; *pattern != '\0' && length + 1 < room; pattern++) {
        struct text number = {.length = 0};
        bool is_process = pattern[0] == '%' && pattern[1] == 'p';
        if (!is_process) {
            path[length++] = *pattern;
            continue;
        }
        text_number(&number, (uint64_t)getpid());
        for (size_t i = 0; i < number.length && length + 1 < room; i++)
            path[length++] = number.bytes[i];
        pattern++;
    }
    path[length] = '\0';
}

/* One line says when that is not possible, and the program runs without. */
static void record_from_the_start(const char *pattern)
{
    char path[PATH_MAX];
    expand(pattern, path, sizeof path);
    int error = record_start(path);
    if (error == 0)
        return;
    struct text text = {.length = 0};
    text_add(&text,
             "defragger: DEFRAGGER_RECORD: nothing is recorded, since the file cannot be made: errno ");
    text_number(&text, (uint64_t)error);
    text_add(&text, error == EEXIST ? ", it is there already\n" : "\n");
    os_write(STDERR_FILENO, text.bytes, text.length);
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
    record_stop();
    if (settings.statistics)
        df_malloc_print(STDERR_FILENO);
}

/* See writers.h. */
#include "writers.h"

#include "../os/lock.h"
#include "../os/process.h"
#include "../os/protect.h"
#include "../os/store.h"
#include "defragger_heap.h"

/* A thread that has been joined is counted until the kernel has cleared up behind it, some microseconds. */
static bool is_alone(bool had_thread)
{
    enum { PATIENCE = 50 }; /* milliseconds */
    static _Atomic uint32_t never;
    size_t threads = os_thread_count();
    for (int i = 0; threads == 2 && had_thread && i < PATIENCE; i++) {
        os_sleep(&never, 0, 1);
        threads = os_thread_count();
    }
    return threads == 1;
}

enum df_compact_answer writers_stop(struct writers *writers, bool is_ours, bool had_thread)
{
    *writers = (struct writers){.protection = -1, .pages = -1};
    if (os_has_asynchronous_io())
        return DF_COMPACT_ASYNCHRONOUS;
    writers->alone = !is_ours && is_alone(had_thread);
    if (writers->alone)
        return DF_COMPACTED;
    writers->protection = os_protection_open();
    writers->pages = os_pages_open();
    if (writers->protection >= 0 && writers->pages >= 0)
        return DF_COMPACTED;
    writers_go_on(writers);
    return DF_COMPACT_THREADS;
}

void writers_go_on(struct writers *writers)
{
    if (writers->protection >= 0)
        os_protection_close(writers->protection);
    if (writers->pages >= 0)
        os_pages_close(writers->pages);
    writers->protection = writers->pages = -1;
}

/* The kernel is asked whether the page is protected: one that was never touched cannot be, before Linux 6.4.
 */
bool writers_keep_off(const struct writers *writers, void *page)
{
    bool is_protected = false;
    if (writers->alone)
        return true;
    if (!os_protect(writers->protection, page, DF_PAGE))
        return false;
    if (os_page_is_protected(writers->pages, page, &is_protected) && is_protected)
        return true;
    os_unprotect(writers->protection, page, DF_PAGE);
    return false;
}

void writers_let_on(const struct writers *writers, void *page, bool mapped)
{
    if (writers->alone)
        return;
    if (mapped)
        os_protection_wake(writers->protection, page, DF_PAGE);
    else
        os_unprotect(writers->protection, page, DF_PAGE);
}

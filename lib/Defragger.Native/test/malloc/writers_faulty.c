/*
 * src/malloc/writers.c with a fault, in libraries that only tests load: a test of merging that does not
 * notice it would not notice a lost store either.
 *
 *   FAULT_UNPROTECTED   other threads write while their pages are copied and mapped
 *   FAULT_UNCHECKED     a page that was never touched is taken for protected
 *   FAULT_OVERHEARD     nobody asks whether there are other threads
 */
#include "../../src/malloc/writers.h"

#include "../../src/os/process.h"
#include "../../src/os/protect.h"
#include "../../src/os/store.h"
#include "defragger_heap.h"

enum df_compact_answer writers_stop(struct writers *writers, bool is_ours, bool had_thread)
{
    (void)is_ours, (void)had_thread;
    *writers = (struct writers){.protection = os_protection_open(), .pages = os_pages_open()};
#ifdef FAULT_OVERHEARD
    writers->alone = true;
#else
    writers->alone = os_thread_count() == 1;
#endif
    return DF_COMPACTED;
}

void writers_go_on(struct writers *writers)
{
    os_protection_close(writers->protection);
    os_pages_close(writers->pages);
}

bool writers_keep_off(const struct writers *writers, void *page)
{
#ifdef FAULT_UNCHECKED
    return writers->alone || os_protect(writers->protection, page, DF_PAGE);
#else
    (void)writers, (void)page;
    return true;
#endif
}

void writers_let_on(const struct writers *writers, void *page, bool mapped)
{
    if (!writers->alone && mapped)
        os_protection_wake(writers->protection, page, DF_PAGE);
    else if (!writers->alone)
        os_unprotect(writers->protection, page, DF_PAGE);
}

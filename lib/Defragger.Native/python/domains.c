/* See domains.h. */
#include "domains.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

static const struct domain {
    PyMemAllocatorDomain id;
    const char *name;
} domains[DOMAINS] = {
    {PYMEM_DOMAIN_RAW, "raw"},
    {PYMEM_DOMAIN_MEM, "mem"},
    {PYMEM_DOMAIN_OBJ, "obj"},
};

static const char *allocator = "stock";
static bool counts;

/* Any thread calls the raw domain, and since 3.12 that of any interpreter the others. */
static struct counters {
    _Atomic uint64_t malloc, calloc, realloc, free, foreign;
} counters[DOMAINS];

/* --- The short way --- */

/* Python wants a block for 0 bytes too. Our malloc and calloc give one; realloc would free. */

static void *plain_malloc(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void *plain_calloc(void *context, size_t count, size_t size)
{
    (void)context;
    return calloc(count, size);
}

static void *plain_realloc(void *context, void *block, size_t size)
{
    (void)context;
    return realloc(block, size + (size == 0));
}

static void plain_free(void *context, void *block)
{
    (void)context;
    free(block);
}

/* --- The same, counted --- */

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void *counted_malloc(void *context, size_t size)
{
    count(&((struct counters *)context)->malloc);
    return malloc(size);
}

static void *counted_calloc(void *context, size_t elements, size_t size)
{
    count(&((struct counters *)context)->calloc);
    return calloc(elements, size);
}

static void *counted_realloc(void *context, void *block, size_t size)
{
    count(&((struct counters *)context)->realloc);
    return realloc(block, size + (size == 0));
}

/* A block of ours has at least a granule. To free another would end the process before anyone hears of it. */
static void counted_free(void *context, void *block)
{
    struct counters *counter = context;
    count(&counter->free);
    if (block != NULL && malloc_usable_size(block) == 0)
        count(&counter->foreign);
    else
        free(block);
}

/* --- Installing --- */

/* Python's debug hooks are put in once only: where doing so changes nothing, they were there. */
static bool debug_hooks_are_in_use(void)
{
    PyMemAllocatorEx before, after;
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &before);
    PyMem_SetupDebugHooks();
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &after);
    return before.malloc == after.malloc;
}

void domains_install(bool counting)
{
    bool debug = debug_hooks_are_in_use();
    for (unsigned i = 0; i < DOMAINS; i++) {
        PyMemAllocatorEx ours = {NULL, plain_malloc, plain_calloc, plain_realloc, plain_free};
        if (counting)
            ours = (PyMemAllocatorEx){&counters[i], counted_malloc, counted_calloc, counted_realloc,
                                      counted_free};
        PyMem_SetAllocator(domains[i].id, &ours);
    }
    if (debug)
        PyMem_SetupDebugHooks();
    allocator = debug ? "defragger_debug" : "defragger";
    counts = counting;
}

/* --- Telling --- */

const char *domain_name(unsigned domain)
{
    return domains[domain].name;
}

const char *domains_allocator(void)
{
    return allocator;
}

bool domains_count(void)
{
    return counts;
}

void domains_calls(unsigned domain, struct domain_calls *calls)
{
    struct counters *counter = &counters[domain];
    *calls = (struct domain_calls){
        .malloc = atomic_load(&counter->malloc),
        .calloc = atomic_load(&counter->calloc),
        .realloc = atomic_load(&counter->realloc),
        .free = atomic_load(&counter->free),
        .foreign = atomic_load(&counter->foreign),
    };
}

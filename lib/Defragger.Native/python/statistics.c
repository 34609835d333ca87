/* See statistics.h. */
#include "statistics.h"

#include "defragger.h"
#include "domains.h"
#include "module.h"

/* Those of struct df_malloc_statistics, in its order, and three more. */
static PyStructSequence_Field fields[] = {
    {"live", "bytes in blocks that the program holds, rounded up to what they occupy"},
    {"live_blocks", "count of them"},
    {"cached", "bytes in blocks that threads keep for their next request"},
    {"cached_blocks", "count of them"},
    {"committed", "bytes of the arenas that are usable, whether touched or not"},
    {"reserved", "bytes of address space"},
    {"pinned", "bytes of the arenas' pages that hold a live or cached byte"},
    {"dirty", "bytes of the arenas' pages that hold none and have not been given back yet"},
    {"large", "bytes in large blocks, each a mapping of its own"},
    {"large_blocks", "count of them"},
    {"large_cached", "bytes in mappings that wait for their next use"},
    {"metadata", "bytes of address space that describes all this; about a third of it is touched"},
    {"purged", "bytes of the arenas' pages that have been given back to the system since the start"},
    {"purges", "count of system calls for it"},
    {"arenas", "count of separate heaps"},
    {"threads", "count of threads with a cache"},
    {"domains", "what serves Python's allocator domains, by name: stock, defragger or defragger_debug"},
    {"merging", "what merging pages has brought, by name (bytes, counts and microseconds), and why no more"},
    {"probe", "with DEFRAGGER_PROBE=1 the calls of each domain, by name; else None"},
    {NULL, NULL},
};
enum { NUMBERS = 16, DOMAINS_FIELD = NUMBERS, MERGING_FIELD, PROBE_FIELD, FIELDS };
_Static_assert(sizeof fields / sizeof *fields == FIELDS + 1, "the fields are the numbers, and three more");

/* The numbers are the tuple, the others are found by name only, as in os.stat_result. */
static PyStructSequence_Desc description = {
    .name = "defragger.Statistics",
    .doc = "What the allocator of this process holds; all numbers of one moment.",
    .fields = fields,
    .n_in_sequence = NUMBERS,
};

static int put_calls(PyObject *probe, unsigned domain, const struct domain_calls *calls)
{
    PyObject *value =
        Py_BuildValue("{sKsKsKsKsK}", "malloc", (unsigned long long)calls->malloc, "calloc",
                      (unsigned long long)calls->calloc, "realloc", (unsigned long long)calls->realloc,
                      "free", (unsigned long long)calls->free, "foreign", (unsigned long long)calls->foreign);
    int status = value != NULL ? PyDict_SetItemString(probe, domain_name(domain), value) : -1;
    Py_XDECREF(value);
    return status;
}

/* A dict; None where nothing is counted. */
static PyObject *probe(void)
{
    if (!domains_count())
        Py_RETURN_NONE;
    PyObject *result = PyDict_New();
    for (unsigned i = 0; i < DOMAINS && result != NULL; i++) {
        struct domain_calls calls;
        domains_calls(i, &calls);
        if (put_calls(result, i, &calls) != 0)
            Py_CLEAR(result);
    }
    return result;
}

static PyObject *domains_by_name(void)
{
    const char *served = domains_allocator();
    return Py_BuildValue("{ssssss}", domain_name(0), served, domain_name(1), served, domain_name(2), served);
}

static PyObject *merging(void)
{
    struct df_compact_statistics now;
    df_compact_statistics(&now);
    return Py_BuildValue("{sKsKsKsKsKsKsKsKsKss}", "offered", (unsigned long long)now.offered, "merged",
                         (unsigned long long)now.merged, "stored", (unsigned long long)now.stored, "saved",
                         (unsigned long long)now.saved, "mappings", (unsigned long long)now.mappings,
                         "merges", (unsigned long long)now.merges, "unmerges",
                         (unsigned long long)now.unmerges, "compactions", (unsigned long long)now.compactions,
                         "microseconds", (unsigned long long)now.microseconds, "answer",
                         df_compact_reason(now.answer));
}

PyObject *statistics_now(PyTypeObject *type)
{
    struct df_malloc_statistics now;
    df_malloc_statistics(&now);
    const uint64_t numbers[NUMBERS] = {
        now.live,   now.live_blocks, now.cached, now.cached_blocks, now.committed,    now.reserved,
        now.pinned, now.dirty,       now.large,  now.large_blocks,  now.large_cached, now.metadata,
        now.purged, now.purges,      now.arenas, now.threads,
    };
    PyObject *result = PyStructSequence_New(type);
    if (result == NULL)
        return NULL;
    for (int i = 0; i < NUMBERS; i++)
        PyStructSequence_SetItem(result, i, PyLong_FromUnsignedLongLong(numbers[i]));
    PyStructSequence_SetItem(result, DOMAINS_FIELD, domains_by_name());
    PyStructSequence_SetItem(result, MERGING_FIELD, merging());
    PyStructSequence_SetItem(result, PROBE_FIELD, probe());
    if (!PyErr_Occurred())
        return result;
    Py_DECREF(result);
    return NULL;
}

PyTypeObject *statistics_add_type(PyObject *module)
{
    return module_keep_type(module, "Statistics", (PyObject *)PyStructSequence_NewType(&description));
}

/* See module.h. */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "defragger.h"
#include "domains.h"
#include "recording.h"

struct module_state {
    PyTypeObject *statistics, *recording;
};

static struct module_state *state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

/* --- stats() --- */

/* The fields of struct df_malloc_statistics that a Statistics has in its order, and what they mean. */
#define NUMBERS(number)                                                                                      \
    number(live, "bytes in blocks that the program holds, rounded up to what they occupy") number(           \
        live_blocks, "count of them") number(cached,                                                         \
                                             "bytes in blocks that threads keep for their next request")     \
        number(cached_blocks, "count of them") number(                                                       \
            committed,                                                                                       \
            "bytes of the arenas that are usable, whether touched or not") number(reserved,                  \
                                                                                  "bytes of address space")  \
            number(pinned, "bytes of the arenas' pages that hold a live or cached byte") number(             \
                dirty, "bytes of the arenas' pages that hold none and have not been given back yet")         \
                number(large, "bytes in large blocks, each a mapping of its own") number(large_blocks,       \
                                                                                         "count of them")    \
                    number(large_cached, "bytes in mappings that wait for their next use") number(           \
                        metadata,                                                                            \
                        "bytes of address space that describes all this; about a third of it is touched")    \
                        number(purged, "bytes given back to the system since the start")                     \
                            number(purges, "count of system calls for it") number(arenas, "count")           \
                                number(threads, "count of threads with a cache")

#define FIELD(name, meaning) {#name, meaning},
static PyStructSequence_Field statistics_fields[] = {
    NUMBERS(FIELD){"domains", "what serves Python's allocator domains, by name: stock, defragger or "
                              "defragger_debug (below Python's debug hooks)"},
    {"probe", "with DEFRAGGER_PROBE=1 the calls of each domain, by name; else None"},
    {NULL, NULL},
};

#define ONE(name, meaning) +1
enum { NUMBER_COUNT = NUMBERS(ONE), DOMAINS_FIELD = NUMBER_COUNT, PROBE_FIELD };

/* The numbers are the tuple, the other two are found by name only, as in os.stat_result. */
static PyStructSequence_Desc statistics_description = {
    .name = "defragger.Statistics",
    .doc = "What the allocator of this process holds; all numbers of one moment.",
    .fields = statistics_fields,
    .n_in_sequence = NUMBER_COUNT,
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
    PyObject *result = PyDict_New();
    for (unsigned i = 0; i < DOMAINS && result != NULL; i++) {
        struct domain_calls calls;
        if (!domains_calls(i, &calls)) {
            Py_DECREF(result);
            Py_RETURN_NONE;
        }
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

static PyObject *module_stats(PyObject *module, PyObject *nothing)
{
    (void)nothing;
    struct df_malloc_statistics now;
    df_malloc_statistics(&now);
#define VALUE(name, meaning) now.name,
    const uint64_t values[] = {NUMBERS(VALUE)};
    PyObject *result = PyStructSequence_New(state_of(module)->statistics);
    if (result == NULL)
        return NULL;
    for (int i = 0; i < NUMBER_COUNT; i++)
        PyStructSequence_SetItem(result, i, PyLong_FromUnsignedLongLong(values[i]));
    PyStructSequence_SetItem(result, DOMAINS_FIELD, domains_by_name());
    PyStructSequence_SetItem(result, PROBE_FIELD, probe());
    if (!PyErr_Occurred())
        return result;
    Py_DECREF(result);
    return NULL;
}

/* --- trim(), snapshot(), trace() --- */

static PyObject *module_trim(PyObject *module, PyObject *nothing)
{
    (void)module, (void)nothing;
    uint64_t bytes;
    Py_BEGIN_ALLOW_THREADS bytes = df_malloc_trim();
    Py_END_ALLOW_THREADS return PyLong_FromUnsignedLongLong(bytes);
}

/* 0, or an errno. */
static int write_snapshot(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return errno;
    int error = df_malloc_snapshot(file);
    if (close(file) != 0 && error == 0)
        error = errno;
    return error;
}

static PyObject *module_snapshot(PyObject *module, PyObject *path)
{
    (void)module;
    PyObject *bytes;
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    if (PySys_Audit("open", "Osi", path, "w", flags) != 0 || !PyUnicode_FSConverter(path, &bytes))
        return NULL;
    int error;
    Py_BEGIN_ALLOW_THREADS error = write_snapshot(PyBytes_AS_STRING(bytes));
    Py_END_ALLOW_THREADS Py_DECREF(bytes);
    if (error == 0)
        Py_RETURN_NONE;
    errno = error;
    return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
}

static PyObject *module_trace(PyObject *module, PyObject *path)
{
    if (path != Py_None)
        return recording_start(state_of(module)->recording, path);
    if (!recording_stop_any())
        return NULL;
    Py_RETURN_NONE;
}

/* --- The module --- */

static PyMethodDef functions[] = {
    {"stats", module_stats, METH_NOARGS,
     "stats($module, /)\n--\n\n"
     "What the allocator of this process holds: a Statistics.\n\n"
     "Sizes are in bytes. The numbers are taken under the allocator's locks, so their\n"
     "sums agree; that takes microseconds for each arena and thread."},
    {"trim", module_trim, METH_NOARGS,
     "trim($module, /)\n--\n\n"
     "Give all free memory back to the system at once: how many bytes that was.\n\n"
     "Without it, memory goes back by itself a second after it was last needed. Objects\n"
     "in reference cycles are not free before gc.collect()."},
    {"snapshot", module_snapshot, METH_O,
     "snapshot($module, path, /)\n--\n\n"
     "Write a picture of the heap to a file: a line for each block and each gap.\n\n"
     "In address order: 'arena BASE COMMITTED', 'block OFFSET LENGTH', 'free OFFSET\n"
     "LENGTH', then 'large ADDRESS LENGTH' and, at the end of a whole one, 'end'. Other\n"
     "threads that allocate wait meanwhile. A file that is there is written over.\n"
     "Raises OSError with the path."},
    {"trace", module_trace, METH_O,
     "trace($module, path, /)\n--\n\n"
     "Start to record every allocation to a file that must not exist: a Recording.\n\n"
     "It goes on until stop(), the end of a `with` block, trace(None) or the end of the\n"
     "process; a child of fork does not record. trace(None) ends whatever recording\n"
     "there is, that of DEFRAGGER_RECORD too, and gives None. Raises OSError with the\n"
     "path: EEXIST for a file that is there, EBUSY while another recording goes on."},
    {NULL, NULL, 0, NULL},
};

static int module_exec(PyObject *module)
{
    struct module_state *state = state_of(module);
    state->statistics = PyStructSequence_NewType(&statistics_description);
    if (state->statistics == NULL)
        return -1;
    Py_INCREF(state->statistics);
    if (PyModule_AddObject(module, "Statistics", (PyObject *)state->statistics) != 0) {
        Py_DECREF(state->statistics);
        return -1;
    }
    state->recording = recording_add_type(module);
    return state->recording != NULL ? PyModule_AddStringConstant(module, "version", df_malloc_version()) : -1;
}

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct module_state *state = state_of(module);
    Py_VISIT(state->statistics);
    Py_VISIT(state->recording);
    return 0;
}

static int module_clear(PyObject *module)
{
    struct module_state *state = state_of(module);
    Py_CLEAR(state->statistics);
    Py_CLEAR(state->recording);
    return 0;
}

static void module_free(void *module)
{
    module_clear(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "defragger",
    .m_doc = "The allocator of this process: what it holds, and what it can be asked to do.\n\n"
             "Built into a Python that was made by Build-DefragPython. All functions may be\n"
             "called by any thread and in any interpreter; they speak of the whole process.",
    .m_size = sizeof(struct module_state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyObject *module_init(void)
{
    return PyModuleDef_Init(&definition);
}

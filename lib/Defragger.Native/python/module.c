/* See module.h. */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "defragger.h"
#include "domains.h"
#include "recording.h"
#include "statistics.h"

struct module_state {
    PyTypeObject *statistics, *recording;
};

static struct module_state *state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

/* --- Functions --- */

static PyObject *module_stats(PyObject *module, PyObject *nothing)
{
    (void)nothing;
    return statistics_now(state_of(module)->statistics);
}

static PyObject *module_trim(PyObject *module, PyObject *nothing)
{
    (void)module, (void)nothing;
    uint64_t bytes;
    Py_BEGIN_ALLOW_THREADS;
    bytes = df_malloc_trim();
    Py_END_ALLOW_THREADS;
    return PyLong_FromUnsignedLongLong(bytes);
}

/* With the lock of the interpreter held: no other thread of Python runs meanwhile. What threads without it
 * may do is df_compact's own care. */
static PyObject *compact_within(PyObject *seconds)
{
    uint64_t budget = UINT64_MAX;
    if (seconds != Py_None) {
        double number = PyFloat_AsDouble(seconds);
        if (number == -1.0 && PyErr_Occurred())
            return NULL;
        if (!(number >= 0.0))
            return PyErr_Format(PyExc_ValueError, "compact: %R seconds: a number of at least 0, or None",
                                seconds);
        budget = number < 1e12 ? (uint64_t)(number * 1e6) : UINT64_MAX;
    }
    return PyLong_FromUnsignedLongLong(df_compact(budget));
}

static PyObject *module_compact(PyObject *module, PyObject *words, PyObject *named)
{
    static char *names[] = {(char *)"seconds", NULL};
    PyObject *seconds = Py_None;
    (void)module;
    return PyArg_ParseTupleAndKeywords(words, named, "|O:compact", names, &seconds) ? compact_within(seconds)
                                                                                    : NULL;
}

enum { SNAPSHOT_FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC };

/* 0, or an errno. */
static int write_snapshot(const char *path)
{
    int file = open(path, SNAPSHOT_FLAGS, 0600);
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
    if (PySys_Audit("open", "Osi", path, "w", SNAPSHOT_FLAGS) != 0 || !PyUnicode_FSConverter(path, &bytes))
        return NULL;
    int error;
    Py_BEGIN_ALLOW_THREADS;
    error = write_snapshot(PyBytes_AS_STRING(bytes));
    Py_END_ALLOW_THREADS;
    Py_DECREF(bytes);
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
     "Give all free memory back to the system at once: how many bytes that was.\n"
     "Pages that hold little are merged, too (compact), for at most 50 ms.\n\n"
     "Without it, memory goes back by itself a second after it was last needed. Objects\n"
     "in reference cycles are not free before gc.collect()."},
    {"compact", (PyCFunction)(void (*)(void))module_compact, METH_VARARGS | METH_KEYWORDS,
     "compact($module, /, seconds=None)\n--\n\n"
     "Merge pages that hold little: how many bytes that gave back.\n\n"
     "Every object stays where it is; who writes to a merged page has a page of his own\n"
     "again, so it is for data that rests: between two tasks, after gc.collect(). It does\n"
     "nothing where other threads run and cannot be held up; stats().merging tells why.\n"
     "Begins nothing new after so many seconds, and goes on from there the next time.\n"
     "The interpreter waits meanwhile: some microseconds a page."},
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

/* What the environment set: read once, when the process starts, so it does not change. */
static PyObject *settings_now(void)
{
    static const char *const merge_words[] = {"off", "on", "auto", "ksm"};
    struct df_malloc_settings now;
    df_malloc_settings(&now);
    PyObject *settings = Py_BuildValue(
        "{sOsOsssOsOsIsIsssO}", "enabled", now.enabled ? Py_True : Py_False, "background",
        now.background ? Py_True : Py_False, "on_error", now.warn ? "warn" : "abort", "hardened",
        now.hardened ? Py_True : Py_False, "statistics", now.statistics ? Py_True : Py_False, "decay_ms",
        (unsigned)now.decay_ms, "cache", (unsigned)now.cache, "merge", merge_words[now.merge], "probe",
        domains_count() ? Py_True : Py_False);
    PyObject *view = settings != NULL ? PyDictProxy_New(settings) : NULL;
    Py_XDECREF(settings);
    return view;
}

/* Takes the reference, also when it is NULL. */
static int add_object(PyObject *module, const char *name, PyObject *object)
{
    if (object != NULL && PyModule_AddObject(module, name, object) == 0)
        return 0;
    Py_XDECREF(object);
    return -1;
}

PyTypeObject *module_keep_type(PyObject *module, const char *name, PyObject *type)
{
    Py_XINCREF(type);
    if (add_object(module, name, type) == 0)
        return (PyTypeObject *)type;
    Py_XDECREF(type);
    return NULL;
}

static int module_exec(PyObject *module)
{
    struct module_state *state = state_of(module);
    state->statistics = statistics_add_type(module);
    if (state->statistics == NULL)
        return -1;
    state->recording = recording_add_type(module);
    if (state->recording == NULL)
        return -1;
    return add_object(module, "settings", settings_now()) == 0
               ? PyModule_AddStringConstant(module, "version", df_malloc_version())
               : -1;
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

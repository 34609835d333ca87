/* See recording.h. */
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>

#include "defragger.h"
#include "module.h"

/*
 * A process has one recording at a time, and somebody else may have ended ours and begun another. So each has
 * a number; 0 is none.
 */
static _Atomic uint64_t current, last;

struct recording {
    PyObject ob_base; /* PyObject_HEAD, which clang-format does not know */
    PyObject *path;   /* as it was given */
    uint64_t number;
};

/* Writes out what is buffered. The errno of the first write that failed, now or before. */
static int stop(void)
{
    int error;
    Py_BEGIN_ALLOW_THREADS;
    error = df_malloc_record_stop();
    Py_END_ALLOW_THREADS;
    return error;
}

static void raise_at(int error, PyObject *path)
{
    errno = error;
    PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
}

/* False with an exception set. Without effect when it has ended. */
static bool stop_own(struct recording *self)
{
    uint64_t number = self->number;
    if (number == 0 || !atomic_compare_exchange_strong(&current, &number, 0))
        return true;
    int error = stop();
    if (error != 0)
        raise_at(error, self->path);
    return error == 0;
}

bool recording_stop_any(void)
{
    atomic_store(&current, 0);
    int error = stop();
    errno = error;
    if (error != 0)
        PyErr_SetFromErrno(PyExc_OSError);
    return error == 0;
}

/* Whether the audit hooks let us make the file; as open() asks them. */
static bool may_make(PyObject *path)
{
    return PySys_Audit("open", "Osi", path, "x", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC) == 0;
}

PyObject *recording_start(PyTypeObject *type, PyObject *path)
{
    PyObject *bytes;
    if (!may_make(path) || !PyUnicode_FSConverter(path, &bytes))
        return NULL;
    struct recording *made = PyObject_New(struct recording, type);
    if (made == NULL) {
        Py_DECREF(bytes);
        return NULL;
    }
    Py_INCREF(path);
    made->path = path;
    made->number = 0;
    int error;
    Py_BEGIN_ALLOW_THREADS;
    error = df_malloc_record_start(PyBytes_AS_STRING(bytes));
    Py_END_ALLOW_THREADS;
    Py_DECREF(bytes);
    if (error != 0) {
        raise_at(error, path);
        Py_DECREF(made);
        return NULL;
    }
    made->number = atomic_fetch_add(&last, 1) + 1;
    atomic_store(&current, made->number);
    return (PyObject *)made;
}

/* --- The type --- */

static PyObject *recording_stop(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    if (!stop_own((struct recording *)self))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *recording_enter(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    Py_INCREF(self);
    return self;
}

static PyObject *recording_exit(PyObject *self, PyObject *exception)
{
    (void)exception;
    return recording_stop(self, NULL);
}

static PyObject *recording_path(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *path = ((struct recording *)self)->path;
    if (path == NULL)
        path = Py_None;
    Py_INCREF(path);
    return path;
}

static PyObject *recording_active(PyObject *self, void *closure)
{
    (void)closure;
    uint64_t number = ((struct recording *)self)->number;
    return PyBool_FromLong(number != 0 && number == atomic_load(&current));
}

static void recording_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((struct recording *)self)->path);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"stop", recording_stop, METH_NOARGS,
     "stop($self, /)\n--\n\nEnd the recording and write out what is buffered.\n\n"
     "Without effect when it has ended. Raises OSError when it could not be written\n"
     "whole, on a full disk for instance; the file then ends with its last whole buffer."},
    {"__enter__", recording_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nGive itself."},
    {"__exit__", recording_exit, METH_VARARGS, "__exit__($self, /, *exception)\n--\n\nStop."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"path", recording_path, NULL, "The file that it was started with.", NULL},
    {"active", recording_active, NULL, "Whether it goes on.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "A recording of every allocation of the process; defragger.trace() starts one.\n\n"
                "A context manager: the recording ends with the block."},
    {Py_tp_dealloc, recording_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

static PyType_Spec specification = {
    .name = "defragger.Recording",
    .basicsize = sizeof(struct recording),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};

PyTypeObject *recording_add_type(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&specification);
    if (type != NULL)
        ((PyTypeObject *)type)->tp_new = NULL; /* only trace() makes one; 3.8 has no flag for it */
    return module_keep_type(module, "Recording", type);
}

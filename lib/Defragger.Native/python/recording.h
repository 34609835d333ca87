/* defragger.Recording: a recording of every allocation, which ends with a `with` block. */
#ifndef DF_PYTHON_RECORDING_H
#define DF_PYTHON_RECORDING_H

#include "supported.h"

#include <stdbool.h>

/* Makes the type and adds it to the module. A new reference; NULL with an exception set. */
HIDDEN PyTypeObject *recording_add_type(PyObject *module);

/* Starts to record into a file that must not exist: a Recording. NULL with an exception set. */
HIDDEN PyObject *recording_start(PyTypeObject *type, PyObject *path);

/* Ends whatever recording there is. False with an exception set. */
HIDDEN bool recording_stop_any(void);

#endif

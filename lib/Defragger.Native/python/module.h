/* The built-in module `defragger`; defragger-stubs/ says what is in it. */
#ifndef DF_PYTHON_MODULE_H
#define DF_PYTHON_MODULE_H

#include "supported.h"

/* For PyImport_AppendInittab. */
HIDDEN PyObject *module_init(void);

/* Adds a new type to the module, and gives it once more for whoever keeps it. NULL, if it is NULL or that
 * fails. */
HIDDEN PyTypeObject *module_keep_type(PyObject *module, const char *name, PyObject *type);

#endif

/* The built-in module `defragger`; defragger-stubs/ says what is in it. */
#ifndef DF_PYTHON_MODULE_H
#define DF_PYTHON_MODULE_H

#include "supported.h"

/* For PyImport_AppendInittab. */
HIDDEN PyObject *module_init(void);

#endif

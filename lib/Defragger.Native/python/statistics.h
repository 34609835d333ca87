/* defragger.Statistics: a named tuple of what the allocator holds. */
#ifndef DF_PYTHON_STATISTICS_H
#define DF_PYTHON_STATISTICS_H

#include "supported.h"

/* Makes the type and adds it to the module. A new reference; NULL with an exception set. */
HIDDEN PyTypeObject *statistics_add_type(PyObject *module);

/* What there is now. NULL with an exception set. */
HIDDEN PyObject *statistics_now(PyTypeObject *type);

#endif

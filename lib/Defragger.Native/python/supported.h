/* Python.h, of a version that this can serve. Included first, before any header of the C library. */
#ifndef DF_PYTHON_SUPPORTED_H
#define DF_PYTHON_SUPPORTED_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if PY_VERSION_HEX < 0x03080000
#error "Defragger needs Python 3.8 or later: before it, no allocator can be put in ahead of the first object"
#endif
#ifdef Py_GIL_DISABLED
#error                                                                                                       \
    "Defragger cannot serve a free-threaded Python: its collector finds all objects by mimalloc's own pages"
#endif

/* Linked with --export-dynamic: what is not hidden would be a name that extensions see. */
#define HIDDEN __attribute__((visibility("hidden")))

#endif

/*
 * The main of a Python that takes all its memory from Defragger.
 *
 * It is linked with an unmodified libpython and with all of libdefragger, so that the executable has malloc:
 * the C library and every extension use it too, and a block may be allocated by Python and freed by a library
 * or the other way round.
 *
 *   environment, options           what serves Python's domains (domains.h)
 *   nothing of these               ours
 *   -X dev, PYTHONDEVMODE=1        ours, below Python's debug hooks
 *   PYTHONMALLOC=NAME              what Python calls so; its calls of malloc are ours then too
 *   DEFRAGGER=off                  Python's own, as without us
 *
 * -E and -I are respected: under them PYTHON* mean nothing. DEFRAGGER_PROBE=1 counts every call, for
 * defragger.stats(); otherwise nothing is counted.
 */
#define _GNU_SOURCE /* secure_getenv */
#include "supported.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "defragger.h"
#include "domains.h"
#include "module.h"

static bool is_given(const char *value)
{
    return value != NULL && *value != '\0';
}

/*
 * After the pre-initialisation, which reads -E and -I but does not tell. The flag that they set is deprecated
 * since 3.12 and gone in 3.16; a configuration that is read for this alone says the same, and is asked only
 * where it can matter. It may end the process, as with -h: so would the one that Python reads next.
 */
static bool python_ignores_environment(int argc, char **argv)
{
#if PY_VERSION_HEX < 0x030C0000
    (void)argc, (void)argv;
    return Py_IgnoreEnvironmentFlag != 0;
#else
    PyConfig configuration;
    PyConfig_InitPythonConfig(&configuration);
    PyStatus status = PyConfig_SetBytesArgv(&configuration, argc, argv);
    if (!PyStatus_Exception(status))
        status = PyConfig_Read(&configuration);
    bool ignores = configuration.use_environment == 0;
    PyConfig_Clear(&configuration);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
    return ignores;
#endif
}

static bool is_python_told_what_to_use(int argc, char **argv)
{
    return is_given(getenv("PYTHONMALLOC")) && !python_ignores_environment(argc, argv);
}

static bool is_enabled(void)
{
    struct df_malloc_settings settings;
    df_malloc_settings(&settings);
    return settings.enabled;
}

/* A program with another's rights does not listen, as the library does not. */
static bool is_probed(void)
{
    const char *value = secure_getenv("DEFRAGGER_PROBE");
    if (!is_given(value) || strcmp(value, "0") == 0)
        return false;
    if (strcmp(value, "1") != 0)
        fputs("defragger: DEFRAGGER_PROBE is not 0 or 1; the default is used\n", stderr);
    return strcmp(value, "1") == 0;
}

int main(int argc, char **argv)
{
    PyPreConfig configuration;
    PyPreConfig_InitPythonConfig(&configuration);
    PyStatus status = Py_PreInitializeFromBytesArgs(&configuration, argc, argv);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
    if (is_enabled() && !is_python_told_what_to_use(argc, argv))
        domains_install(is_probed());
    if (PyImport_AppendInittab("defragger", module_init) != 0)
        Py_ExitStatusException(PyStatus_NoMemory());
    return Py_BytesMain(argc, argv);
}

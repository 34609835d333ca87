# What it takes to link another executable of the Python that runs this, as one JSON object. Runs under any Python from
# 2.7 on, so that an old one is told that it is old.
import json
import os
import sys
import sysconfig

WORDS = ["LIBS", "SYSLIBS", "LINKFORSHARED", "MODLIBS", "LDFLAGS_NODIST"]
NAMES = ["LIBPL", "LIBDIR", "LIBRARY", "LDLIBRARY", "SOABI", "EXT_SUFFIX", "CC", "VERSION"]


def text(name):
    return sysconfig.get_config_var(name) or ""


def configured_prefix():
    """The prefix this Python was configured with; sysconfig itself tells the one that it found."""
    try:
        name = sysconfig._get_sysconfigdata_name()
        return __import__(name).build_time_vars.get("prefix", "")
    except (AttributeError, ImportError):
        return ""


print(json.dumps({
    "implementation": getattr(getattr(sys, "implementation", None), "name", "cpython"),
    "version": "%d.%d.%d" % sys.version_info[:3] + ("" if sys.version_info[3] == "final" else "%s%d" % sys.version_info[3:5]),
    "major": sys.version_info[0],
    "minor": sys.version_info[1],
    # Of a virtual environment: the Python that it was made from.
    "executable": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "prefix": getattr(sys, "base_prefix", sys.prefix),
    "configuredPrefix": configured_prefix(),
    "includes": sorted(set(sysconfig.get_path(name) for name in ("include", "platinclude"))),
    "isOurs": "defragger" in sys.builtin_module_names,
    "freeThreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "words": dict((name, text(name)) for name in WORDS),
    "names": dict((name, text(name)) for name in NAMES),
}))

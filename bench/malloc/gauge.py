"""What this process occupies, and its allocator's own trim: gauge.c for Python.

Held is Pss without LazyFree: a page shared with other processes counts by its share, one mapped twice here counts once,
and one that the kernel may take at any time (MADV_FREE) does not count.
"""

import ctypes

_process = ctypes.CDLL(None)


def _fields(path, *names):
    with open(path, encoding="ascii") as file:
        found = dict(line.split(":", 1) for line in file if line.split(":", 1)[0] in names)
    return [int(found[name].split()[0]) * 1024 for name in names]


def held():
    pss, lazy = _fields("/proc/self/smaps_rollup", "Pss", "LazyFree")
    return pss - lazy


def resident():
    return _fields("/proc/self/status", "VmRSS")[0]


def most_resident():
    return _fields("/proc/self/status", "VmHWM")[0]


def trim():
    """The one call that each allocator has for it, in the same order as in gauge.c."""
    if hasattr(_process, "mi_collect"):
        _process.mi_collect(ctypes.c_bool(True))
    elif hasattr(_process, "mallctl"):
        nothing = (None, None, None, ctypes.c_size_t(0))
        _process.mallctl(b"thread.tcache.flush", *nothing)
        _process.mallctl(b"arena.4096.purge", *nothing)
    elif hasattr(_process, "MallocExtension_ReleaseFreeMemory"):
        _process.MallocExtension_ReleaseFreeMemory()
    else:
        _process.malloc_trim(ctypes.c_size_t(0))

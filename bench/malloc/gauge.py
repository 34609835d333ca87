"""What this process occupies, and its allocator's own trim: gauge.c for Python.

Held is Pss without LazyFree: a page shared with other processes counts by its share, one mapped twice here counts once,
and one that the kernel may take at any time (MADV_FREE) does not count.
"""

import atexit
import ctypes
import os

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


def compact(moment):
    """Merges sparse pages, for at most a second, if DEFRAG_BENCH_COMPACT names this moment."""
    if os.environ.get("DEFRAG_BENCH_COMPACT") == moment:
        _process.df_compact(ctypes.c_uint64(1_000_000))


def mappings():
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as file:
        return sum(1 for _ in file)


class Group:
    """A memory cgroup that has this process alone, version 1 or 2, where one can be made."""

    ROOTS = (("/sys/fs/cgroup/memory", "memory.usage_in_bytes"), ("/sys/fs/cgroup", "memory.current"))

    def __init__(self):
        self._folder = self._usage = None
        for root, usage in self.ROOTS:
            folder = os.path.join(root, f"defrag-bench-{os.getpid()}")
            try:
                os.mkdir(folder)
            except OSError:
                continue
            if os.path.exists(os.path.join(folder, usage)):
                self._root, self._folder, self._usage = root, folder, os.path.join(folder, usage)
                self._join(folder)
                return
            os.rmdir(folder)

    @staticmethod
    def _join(folder):
        with open(os.path.join(folder, "cgroup.procs"), "w", encoding="ascii") as file:
            file.write("0")

    def charged(self):
        if self._usage is None:
            return 0
        with open(self._usage, encoding="ascii") as file:
            return int(file.read())

    def leave(self):
        if self._folder is not None:
            self._join(self._root)
            os.rmdir(self._folder)


class Ksm:
    """Switches the kernel's merging on for this process, if it is to be merged by that, and back when it ends."""

    FOLDER = "/sys/kernel/mm/ksm"
    OURS = {"pages_to_scan": "2000", "sleep_millisecs": "20", "run": "1"}

    def __init__(self):
        self._before, self._thread = {}, None
        if os.environ.get("DEFRAGGER_MERGE") != "ksm":
            return
        self._thread = next(pid for pid in os.listdir("/proc") if pid.isdigit() and self._name(pid) == "ksmd")
        atexit.register(self.set_back)
        for name, value in self.OURS.items():
            path = os.path.join(self.FOLDER, name)
            with open(path, encoding="ascii") as file:
                self._before[path] = file.read()
            self._write(path, value)
        self._begin = self._taken()

    @staticmethod
    def _name(pid):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                return file.read().strip()
        except OSError:  # it has ended
            return None

    @staticmethod
    def _write(path, text):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def _taken(self):
        with open(f"/proc/{self._thread}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0])

    def nanoseconds(self):
        """Of processor time, that the kernel's thread has taken since."""
        return 0 if self._thread is None else self._taken() - self._begin

    def set_back(self):
        while self._before:
            self._write(*self._before.popitem())

"""What a Python program holds, from within: a line of JSON for each finding, to a file.

    {"kind": "start", "python": ..., "allocator": ..., and a sample, a census and a walk}
    {"kind": "sample", "seconds", "anonymous", "live", "heap", "blocks", "pymalloc", "dirty", "collections", "collected", "uncollectable", "line"}
    {"kind": "census", "seconds", "tracked", "types": {NAME: COUNT}, "largest": {"type", "bytes", "length"}}
    {"kind": "collection", "seconds", "freed"}             bytes that a collection during the run gave back
    {"kind": "end", "seconds", "before": SAMPLE, "after": SAMPLE, "unreachable": {...}, "walk": {...}}

Sizes are in bytes; null where this Python or C library does not tell. A thread of C's, unknown to threading, takes samples at
an interval, or so seldom that they cost 1 % of a core; censuses likewise. What happens at the end costs a second for a few
million objects; the program's own exit handlers have run before it.
"""

import atexit
import ctypes
import gc
import json
import os
import sys
import time
from _thread import get_ident, start_new_thread
from collections import Counter
from importlib.machinery import SourceFileLoader

MOST_SAMPLES = 2000  # at one interval; then it doubles, so that a day's file stays small
SHARE = 0.01  # of a core, for samples and for censuses
SMALL = 512  # the longest block of pymalloc
PAGE = 4096
TYPES = 40
RARE = 10000  # objects between two young collections: then they are seldom and large
LEAST_FREED = 1 << 20  # what a collection must give back to be told

_process = ctypes.CDLL(None)


def _call(library, name, result, *arguments):
    """A function of C, or None."""
    try:
        function = getattr(library, name)
    except AttributeError:
        return None
    function.restype, function.argtypes = result, arguments
    return function


class _Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]


class _Defragger(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in
                ("live", "live_blocks", "cached", "cached_blocks", "committed", "reserved", "pinned", "dirty", "large",
                 "large_blocks", "large_cached", "metadata", "purged", "purges")] + [("arenas", ctypes.c_uint32), ("threads", ctypes.c_uint32)]


_open_memstream = _call(_process, "open_memstream", ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t))
_fclose = _call(_process, "fclose", ctypes.c_int, ctypes.c_void_p)
_free = _call(_process, "free", None, ctypes.c_void_p)
_mallinfo2 = _call(_process, "mallinfo2", _Mallinfo)  # glibc 2.33
_defragger = _call(_process, "df_malloc_statistics", None, ctypes.POINTER(_Defragger))
_pymalloc = _call(ctypes.pythonapi, "_PyObject_DebugMallocStats", ctypes.c_int, ctypes.c_void_p)


def _pymalloc_text():
    """What sys._debugmallocstats() writes of the small blocks, without going through stderr."""
    if not (_pymalloc and _open_memstream):
        return None
    text, length = ctypes.c_void_p(), ctypes.c_size_t()
    stream = _open_memstream(ctypes.byref(text), ctypes.byref(length))
    known = _pymalloc(stream)
    _fclose(stream)
    lines = ctypes.string_at(text, length.value).decode("ascii", "replace") if known else ""
    _free(text)
    return lines


def _pymalloc_bytes():
    """Bytes in pymalloc's blocks and in its arenas; 0 of both where it is not used, None where it does not tell."""
    text = _pymalloc_text()
    if text is None:
        return None
    live = arenas = 0
    for line in text.splitlines():
        if line.startswith("# bytes in allocated blocks"):
            live = int(line.split("=")[1].replace(",", ""))
        elif "bytes/arena" in line:
            arenas = int(line.split("=")[1].replace(",", ""))
    return live, arenas


def _anonymous():
    with open("/proc/self/statm", "rb") as file:
        fields = file.read().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGESIZE")


def allocator():
    if "defragger" in sys.builtin_module_names:
        return "defragger"
    if _defragger:
        return "defragger preloaded"
    small = _pymalloc_bytes()
    return "malloc" if small == (0, 0) else "pymalloc"


def _heap():
    """Of the allocator: what the program holds, what it has from the system, blocks, and what it gives back by itself."""
    small = _pymalloc_bytes()
    if _defragger:
        now = _Defragger()
        _defragger(ctypes.byref(now))
        live, arenas = small or (0, 0)
        large = now.large + now.large_cached
        # Arenas of pymalloc, if there are any, are mappings of Python's own.
        return dict(live=now.live + live, heap=now.pinned + now.dirty + large + arenas, blocks=now.live_blocks + sys.getallocatedblocks(),
                    pymalloc=live, dirty=now.dirty + now.large_cached)
    if _mallinfo2 and small is not None:
        now = _mallinfo2()
        return dict(live=now.uordblks + now.hblkhd + small[0], heap=now.arena + now.hblkhd + small[1],
                    blocks=sys.getallocatedblocks(), pymalloc=small[0], dirty=0)
    return dict(live=None, heap=None, blocks=sys.getallocatedblocks(), pymalloc=small and small[0], dirty=0)


def _name(kind):
    module = getattr(kind, "__module__", None)
    name = getattr(kind, "__qualname__", "?")
    return str(name) if module in ("builtins", None) else f"{module}.{name}"


def _top(counts):
    return {_name(kind): number for kind, number in counts.most_common(TYPES)}


def _size(one):
    try:
        return sys.getsizeof(one, 0)
    except Exception:  # a __sizeof__ of the program's own
        return 0


def _described(one):
    length = len(one) if type(one) in (dict, list, set, frozenset, tuple, str, bytes, bytearray) else None
    return dict(type=_name(type(one)), bytes=_size(one), length=length)


def _census():
    # Each in one call of C, during which no other thread of Python runs: nobody's object ends in our thread.
    counts = Counter(map(type, gc.get_objects()))
    found = dict(tracked=sum(counts.values()), types=_top(counts))
    try:
        found["largest"] = _described(max(gc.get_objects(), key=sys.getsizeof))
    except Exception:  # a __sizeof__ of the program's own
        found["largest"] = None
    return found


def _walk():
    """All that Python can reach: objects, their bytes, those in blocks too long for pymalloc, the pages they lie on."""
    tracked = gc.get_objects()
    seen, pages, by_type = set(), set(), Counter()
    total = large = most = 0
    largest = None
    # Up to 3.12 the attributes of an instance may lie in a block that its size does not tell.
    hidden = (3, 11) <= sys.version_info < (3, 13)
    managed = 1 << 4
    stack = []
    for one in tracked:
        if one is seen or one is pages or one is by_type or one is stack:
            continue
        kind, size = type(one), _size(one)
        inner = gc.get_referents(one)
        if hidden and kind.__flags__ & managed:
            size += 16 + 8 * max(6, len(inner) * 3 // 2)
        stack += (other for other in inner if not gc.is_tracked(other))
        total += (size + 15) // 16 * 16
        large += size if size > SMALL else 0
        by_type[kind] += size
        pages.add(id(one) // PAGE)
        if size > most:
            most, largest = size, one
        while stack:
            other = stack.pop()
            if id(other) in seen:
                continue
            seen.add(id(other))
            size = _size(other)
            total += (size + 15) // 16 * 16
            large += size if size > SMALL else 0
            by_type[type(other)] += size
            if size > most:
                most, largest = size, other
            pages.add(id(other) // PAGE)
            if isinstance(other, tuple):
                stack += other
            elif isinstance(other, dict):
                stack += other.values()
                stack += other
            elif type(other).__name__ == "code":
                stack += (other.co_consts, other.co_names, other.co_code, other.co_filename)
    return dict(objects=len(tracked) + len(seen), bytes=total, large=large, pages=len(pages) * PAGE, types=_top(by_type),
                largest=_described(largest))


class Probe:
    def __init__(self, path, interval):
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._interval = interval
        self._process = os.getpid()
        self._thread = None
        self._began = time.monotonic()
        self._census_due = 0.0
        self._full = None  # live bytes when a collection began
        self._full_due = 0.0
        self._ended = False

    def start(self):
        self._thread = get_ident()
        self._write("start", python=sys.version.split()[0], allocator=allocator(), sample=self._sample(), census=_census(), walk=_walk())
        gc.callbacks.append(self._collects)
        atexit.register(self._end)  # the first to come is the last to run
        start_new_thread(self._watch, ())

    def _write(self, kind, **found):
        line = json.dumps(dict(kind=kind, seconds=round(time.monotonic() - self._began, 4), **found), separators=(",", ":")) + "\n"
        try:
            os.write(self._file, line.encode("utf-8", "backslashreplace"))
        except OSError:
            self._ended = True  # the disk is full: the program matters more

    def _sample(self):
        generations = gc.get_stats()
        return dict(_heap(), anonymous=_anonymous(),
                    collections=sum(one["collections"] for one in generations),
                    collected=sum(one["collected"] for one in generations),
                    uncollectable=sum(one["uncollectable"] for one in generations))

    def _line(self):
        """Where the main thread is, in the innermost function that is no part of Python itself."""
        frame = sys._current_frames().get(self._thread)
        while frame is not None:
            path = frame.f_code.co_filename
            if not path.startswith("<") and path != __file__ and not path.startswith(os.path.dirname(os.__file__)):
                return f"{path}:{frame.f_lineno} in {frame.f_code.co_name}"
            frame = frame.f_back
        return None

    def _watch(self):
        taken, rest = 0, self._interval
        while True:
            time.sleep(rest)
            if self._ended or os.getpid() != self._process:
                return
            spent = time.thread_time()
            self._write("sample", sample=self._sample(), line=self._line())
            rest = max(self._interval, (time.thread_time() - spent) / SHARE)
            taken += 1
            if taken % MOST_SAMPLES == 0:
                self._interval *= 2
            now = time.monotonic()
            if now < self._census_due:
                continue
            spent = time.thread_time()
            self._write("census", census=_census())
            self._census_due = now + max(0.5, (time.thread_time() - spent) / SHARE)

    def _collects(self, phase, info):
        # Young objects are collected a thousand times a second; only where they are let gather does that free much.
        young = info.get("generation") != 2 and gc.get_threshold()[0] < RARE
        if young or self._ended or os.getpid() != self._process:
            return
        now = time.monotonic()
        if phase == "start":
            self._full = _heap()["live"] if now >= self._full_due else None
        elif self._full is not None:
            freed = self._full - _heap()["live"]
            self._full_due = now + max(0.1, (time.monotonic() - now) / SHARE)
            if freed >= LEAST_FREED:
                self._write("collection", freed=freed)

    def _end(self):
        if self._ended or os.getpid() != self._process:
            return
        self._ended = True  # for the thread
        before = self._sample()
        flags, held = gc.get_debug(), len(gc.garbage)
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            gc.collect()
            unreachable = gc.garbage[held:]
            types = Counter(map(type, unreachable))
            finalizers = [kind for kind in types if hasattr(kind, "__del__")]
            found = dict(objects=len(unreachable), types=_top(types), finalizers=[_name(kind) for kind in finalizers])
        finally:
            gc.set_debug(flags)
            del gc.garbage[held:]
        del unreachable, types, finalizers
        gc.collect()
        after = self._sample()
        self._write("end", before=before, after=after, unreachable=found, walk=_walk())


def _show(error, trace):
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def run(script, names, probe):
    """Runs a script in __main__, whose dictionary is `names`, and ends as the interpreter would."""
    try:
        with open(script, "rb") as file:
            code = compile(file.read(), script, "exec")
    except (SyntaxError, ValueError, OSError) as error:
        _show(error, None)
        sys.exit(1)
    names.update(__file__=script, __doc__=None, __package__=None, __spec__=None, __cached__=None,
                 __loader__=SourceFileLoader("__main__", script), __annotations__={})
    probe.start()
    try:
        exec(code, names)
    except SystemExit:
        raise
    except BaseException as error:
        _show(error, error.__traceback__.tb_next)  # from the script's own first line on
        sys.exit(130 if isinstance(error, KeyboardInterrupt) else 1)

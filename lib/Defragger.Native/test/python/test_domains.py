"""What serves Python's memory, by what the environment and the options say."""

import signal
import sys

import support

SERVED = "import defragger; print(json.dumps(defragger.stats().domains))"
PROBE = "import defragger; print(json.dumps(defragger.stats().probe))"

# pymalloc, and nothing else, counts its blocks: what says "stock" is not only our own word.
PYMALLOC = "print(json.dumps(sys.getallocatedblocks() > 0))"

# A byte behind a block is written to, then the block is freed.
OVERRUN = """
import ctypes
python = ctypes.pythonapi
python.PyObject_Malloc.restype = ctypes.c_void_p
python.PyObject_Malloc.argtypes = [ctypes.c_size_t]
python.PyObject_Free.argtypes = [ctypes.c_void_p]
block = python.PyObject_Malloc(24)
ctypes.memset(block, 1, 25)
python.PyObject_Free(block)
print("true")
"""

# What extensions do although they should not: one allocates, another frees. 100 calls of each.
MIXED = """
import ctypes
python, libc = ctypes.pythonapi, ctypes.CDLL(None)
for function in python.PyMem_RawMalloc, python.PyMem_Malloc, python.PyObject_Malloc, libc.malloc:
    function.restype, function.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
for function in python.PyMem_RawFree, python.PyMem_Free, python.PyObject_Free, libc.free:
    function.restype, function.argtypes = None, [ctypes.c_void_p]
libc.strdup.restype = ctypes.c_void_p
libc.malloc_usable_size.restype, libc.malloc_usable_size.argtypes = ctypes.c_size_t, [ctypes.c_void_p]
for _ in range(100):
    python.PyMem_RawFree(libc.strdup(b"from the C library"))
    libc.free(python.PyMem_RawMalloc(100))
    libc.free(python.PyMem_Malloc(2000))
    python.PyMem_RawFree(python.PyObject_Malloc(40))
    block = python.PyMem_RawMalloc(77)
    assert 77 <= libc.malloc_usable_size(block) < 77 + 32
    python.PyMem_RawFree(block)
print("true")
"""

# A block for 0 bytes is a block of its own, also after a change of size.
EMPTY = """
import ctypes
python = ctypes.pythonapi
for domain in "PyMem_Raw", "PyMem_", "PyObject_":
    malloc, calloc = getattr(python, domain + "Malloc"), getattr(python, domain + "Calloc")
    realloc, free = getattr(python, domain + "Realloc"), getattr(python, domain + "Free")
    for function in malloc, calloc, realloc:
        function.restype = ctypes.c_void_p
    malloc.argtypes, calloc.argtypes = [ctypes.c_size_t], [ctypes.c_size_t, ctypes.c_size_t]
    realloc.argtypes, free.argtypes = [ctypes.c_void_p, ctypes.c_size_t], [ctypes.c_void_p]
    blocks = [malloc(0), malloc(0), calloc(0, 8), calloc(8, 0), realloc(malloc(50), 0), realloc(None, 0)]
    assert all(blocks) and len(set(blocks)) == len(blocks), blocks
    for block in blocks:
        free(block)
print("true")
"""


def served(*options, **settings):
    domains = support.value_of(SERVED, *options, **settings)
    if set(domains) != {"raw", "mem", "obj"} or len(set(domains.values())) != 1:
        raise AssertionError(domains)
    return domains["obj"]


class Domains(support.Case):
    def test_ours_serve_all_of_them_if_nothing_is_said(self):
        self.assertEqual(served(), "defragger")
        self.assertFalse(support.value_of(PYMALLOC))

    def test_all_are_called_and_nothing_foreign_is_freed(self):
        probe = support.value_of("import json.tool, decimal, ssl\n" + PROBE, DEFRAGGER_PROBE="1")
        for domain in "raw", "mem", "obj":
            self.assertGreater(probe[domain]["malloc"], 100, domain)
            self.assertGreater(probe[domain]["free"], 100, domain)
            self.assertGreater(probe[domain]["realloc"], 0, domain)
            self.assertEqual(probe[domain]["foreign"], 0, domain)

    def test_a_foreign_block_is_counted_and_left_alone(self):
        free = ("import ctypes, mmap\nmemory = mmap.mmap(-1, 4096)\nfree = ctypes.pythonapi.PyMem_RawFree\n"
                "free.argtypes = [ctypes.c_void_p]\n"
                "free(ctypes.addressof(ctypes.c_char.from_buffer(memory, 64)))\n")
        probe = support.value_of(free + PROBE, DEFRAGGER_PROBE="1")
        self.assertEqual([probe[domain]["foreign"] for domain in ("raw", "mem", "obj")], [1, 0, 0])

    def test_nothing_is_counted_unless_it_is_asked_for(self):
        self.assertIsNone(support.value_of(PROBE))
        self.assertIsNone(support.value_of(PROBE, DEFRAGGER_PROBE="0"))
        self.assertIsNone(support.value_of(PROBE, DEFRAGGER_PROBE=""))

    def test_a_wrong_value_of_the_probe_is_said_once_and_passed_over(self):
        done = support.start("-c", "pass", DEFRAGGER_PROBE="yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "defragger: DEFRAGGER_PROBE is not 0 or 1; the default is used\n")

    def test_pythons_debug_hooks_lie_above_ours(self):
        self.assertEqual(served("-X", "dev"), "defragger_debug")
        self.assertEqual(served(PYTHONDEVMODE="1"), "defragger_debug")
        self.assertEqual(served("-X", "dev", "-I"), "defragger_debug")

    def test_pythonmalloc_keeps_its_meaning(self):
        for name in "default", "pymalloc", "malloc", "debug", "pymalloc_debug", "malloc_debug":
            with self.subTest(name):
                self.assertEqual(served(PYTHONMALLOC=name), "stock")
                self.assertEqual(support.value_of(PYMALLOC, PYTHONMALLOC=name), not name.startswith("malloc"))
        self.assertEqual(served("-X", "dev", PYTHONMALLOC="pymalloc"), "stock")
        self.assertEqual(served(PYTHONMALLOC=""), "defragger")

    def test_a_pythonmalloc_that_python_does_not_know_ends_it_as_ever(self):
        ours, stock = (support.start("-c", "pass", python=python, PYTHONMALLOC="defrag")
                       for python in (sys.executable, support.STOCK))
        self.assertEqual(ours.returncode, stock.returncode)
        self.assertIn('PYTHONMALLOC: unknown allocator', ours.stderr)

    def test_options_that_end_it_are_answered_once_whatever_serves(self):
        for words in ("-V",), ("-h",), ("--none",), ("-c",), ("-X", "dev", "-V"):
            with self.subTest(words):
                ours, stock = (support.start(*words, python=python, PYTHONMALLOC="malloc")
                               for python in (sys.executable, support.STOCK))
                self.assertEqual(ours.returncode, stock.returncode)
                for told in "stdout", "stderr":
                    self.assertEqual(getattr(ours, told).replace(sys.executable, support.STOCK), getattr(stock, told))

    def test_python_ignores_its_variables_when_it_is_told_to(self):
        for option in "-E", "-I":
            with self.subTest(option):
                self.assertEqual(served(option, PYTHONMALLOC="pymalloc"), "defragger")
                self.assertEqual(served(option, PYTHONDEVMODE="1"), "defragger")

    def test_off_is_off_whatever_else_is_said(self):
        self.assertEqual(served(DEFRAGGER="off"), "stock")
        self.assertEqual(served("-I", DEFRAGGER="off"), "stock")
        self.assertEqual(served("-X", "dev", DEFRAGGER="off"), "stock")
        self.assertIsNone(support.value_of(PROBE, DEFRAGGER="off", DEFRAGGER_PROBE="1"))
        self.assertTrue(support.value_of(PYMALLOC, DEFRAGGER="off"))
        self.assertEqual(served(DEFRAGGER="on"), "defragger")

    def test_an_overrun_is_caught_in_development_mode(self):
        done = support.start("-X", "dev", "-c", OVERRUN)
        self.assertEqual(done.returncode, -signal.SIGABRT, done.stdout + done.stderr)
        self.assertIn("bad trailing pad byte", done.stderr)

    def test_blocks_may_be_allocated_by_one_and_freed_by_another(self):
        self.assertTrue(support.value_of(MIXED))
        self.assertTrue(support.value_of(MIXED, DEFRAGGER_PROBE="1"))

    def test_a_block_of_no_bytes_is_one(self):
        for settings in {}, {"DEFRAGGER_PROBE": "1"}, {"DEFRAGGER": "off"}:
            with self.subTest(settings):
                self.assertTrue(support.value_of(EMPTY, **settings))


if __name__ == "__main__":
    support.main()

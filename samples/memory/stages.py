"""The two little tests that Defragger began with, each in stages: before, with everything, and after it was dropped.

    python3 stages.py blocks|strings COUNT

blocks allocates COUNT blocks of 1 to 1,024 bytes by C's malloc and frees them; strings makes COUNT random strings and deletes
them. After each stage a line says what is resident without a file behind it, in bytes.
"""

import array
import ctypes
import gc
import os
import random
import sys
import time

REST = 2  # seconds, in which an allocator may give memory back


def stage(name):
    resident, shared = map(int, open("/proc/self/statm", encoding="ascii").read().split()[1:3])
    print(name, (resident - shared) * os.sysconf("SC_PAGESIZE"), flush=True)


def blocks(count):
    c = ctypes.CDLL(None)
    c.malloc.restype = ctypes.c_void_p
    c.malloc.argtypes, c.memset.argtypes, c.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t], [ctypes.c_void_p]
    held = array.array("Q", bytes(8 * count))
    stage("before")
    for i in range(count):
        size = random.randint(1, 1024)
        held[i] = c.malloc(size)
        c.memset(held[i], 1, size)
    stage("middle")
    for block in held:
        c.free(block)


def strings(count):
    stage("before")
    held = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(1, 60))) for _ in range(count)]
    stage("middle")
    del held


random.seed(1)
{"blocks": blocks, "strings": strings}[sys.argv[1]](int(sys.argv[2]))
gc.collect()
time.sleep(REST)
stage("after")

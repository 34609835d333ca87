"""A library in C that allocates and does not free, seen from Python: nothing that Python can reach grows."""

import ctypes
import time

from variation import between

library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]


def decode(frame, size):
    at = library.malloc(size)
    ctypes.memset(at, frame % 256, size)
    return frame


for second in range(10):
    for frame in range(between(1500, 2500)):
        decode(frame, between(2000, 4000))
    time.sleep(0.12)

"""The same with a __del__: since Python 3.4 such cycles can be collected too, when a collection comes."""

import gc
import time

from variation import between, one_of

closed = 0


class Connection:
    def __init__(self, payload):
        self.buffer = bytearray(payload)
        self.on_close = self.close  # a bound method refers to its object

    def close(self):
        global closed
        closed += 1

    def __del__(self):
        self.close()


gc.set_threshold(one_of(50000, 200000), 1000, 1000)
for _ in range(between(5, 8)):
    for _ in range(between(1500, 3000)):
        Connection(between(3000, 5000))
    time.sleep(0.15)

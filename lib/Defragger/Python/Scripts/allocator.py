# Which allocator serves a Python, after some work in all of its domains, as one JSON object.
import decimal
import json
import sys
import threading

import defragger


def work():
    kept = []
    for size in range(1, 3000, 7):
        kept.append([bytearray(size), str(size) * 3, {size: decimal.Decimal(size) ** 3}])
        if size % 3 == 0:
            kept.pop(0)
    sorted(str(one) for one in kept)


threads = [threading.Thread(target=work) for _ in range(2)]
for one in threads:
    one.start()
work()
for one in threads:
    one.join()
statistics = defragger.stats()
print(json.dumps({
    "version": defragger.version,
    "prefix": sys.prefix,
    "domains": statistics.domains,
    "probe": statistics.probe,
    # What pymalloc counts; no other allocator does.
    "pymallocBlocks": sys.getallocatedblocks(),
    "live": statistics.live,
}))

"""Objects that refer to each other, dropped: they wait for a collection that does not come soon."""

import gc
import time

from variation import between, one_of


class Node:
    def __init__(self, parent, payload):
        self.parent, self.payload, self.children = parent, payload, []
        if parent:
            parent.children.append(self)


def tree(nodes, payload):
    root = at = Node(None, b"")
    for number in range(nodes):
        at = Node(at if number % 50 else root, bytes(payload))


if one_of(True, False):
    gc.disable()  # as programs do that want no pauses
else:
    gc.set_threshold(100000, 50, 100)
for _ in range(between(4, 8)):
    tree(between(8000, 12000), between(200, 900))
    time.sleep(0.15)

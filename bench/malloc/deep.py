"""Deep structures, built, walked and dropped: binary trees, lists in lists, chains. ./defrag bench malloc runs it.

    deep.py [PERCENT]      PERCENT of the usual work
"""

import sys


def tree(depth):
    return (tree(depth - 1), tree(depth - 1)) if depth else (None, None)


def count(node):
    left, right = node
    return 1 if left is None else 1 + count(left) + count(right)


def nested(width, depth):
    return [nested(width, depth - 1) if depth else [number] for number in range(width)]


def chain(length):
    node = None
    for number in range(length):
        node = {"next": node, "number": number}
    return node


def unchain(node):
    # One by one: what drops a long chain at once goes as deep as it is long.
    length = 0
    while node is not None:
        node, length = node["next"], length + 1
    return length


def main(percent):
    kept = tree(14)
    for turn in range(percent * 50 // 100):
        assert count(tree(13)) == 2**14 - 1
        assert len(nested(8, 4)) == 8
        assert unchain(chain(20000 + turn)) == 20000 + turn
    assert count(kept) == 2**15 - 1


main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)

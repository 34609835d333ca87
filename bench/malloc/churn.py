"""Small objects that come and go: instances, tuples, numbers, bound methods. ./defrag bench malloc runs it.

    churn.py [PERCENT]      PERCENT of the usual work
"""

import sys
from collections import deque


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, by):
        return Point(self.x + by, self.y - by)


class Event:
    def __init__(self, name, at):
        self.name = name
        self.at = at
        self.origin = (at.x, at.y, 1000 + at.x)


def main(percent):
    recent = deque(maxlen=5000)  # what lives a while between all that does not
    total = 0.0
    for number in range(5000 * percent):
        point = Point(number * 0.5, number * 1.5)
        for by in range(3):
            point = point.moved(by + 0.25)
        event = Event(number % 7, point)
        if number % 3 == 0:
            recent.append(event)
        total += event.origin[2]
    assert total > 0


main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)

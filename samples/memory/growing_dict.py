"""A cache that nobody bounds."""

import time

from variation import between, one_of

cache = {}


def answer(question, size):
    if question not in cache:
        cache[question] = make(question, size)
    return cache[question]


make = one_of(lambda question, size: str(question) * size,
              lambda question, size: [question] * size,
              lambda question, size: {"question": question, "words": [str(question + i) for i in range(size // 4)]})
size, step = between(30, 60), between(4000, 7000)
for second in range(12):
    for question in range(second * step, (second + 1) * step):
        answer(question, size)
    time.sleep(0.1)

"""Loads once, then builds and drops: what it holds does not grow, and what it frees goes back."""

import time

from variation import between

table = {number: str(number) * 3 for number in range(between(40000, 80000))}
for _ in range(between(8, 12)):
    block = [(number, float(number)) for number in range(between(40000, 60000))]
    words = [table[number] + "!" for number in range(0, len(table), 2)]
    total = sum(number for number, _ in block) + sum(map(len, words))
    del block, words
    time.sleep(0.12)

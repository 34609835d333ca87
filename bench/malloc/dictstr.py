"""Dictionaries and strings: a word count over lines that are split, changed and joined. ./defrag bench malloc runs it.

    dictstr.py [PERCENT]      PERCENT of the usual work
"""

import random
import string
import sys


def lines(count):
    source = random.Random(1)
    words = ["".join(source.choices(string.ascii_lowercase, k=source.randrange(2, 14))) for _ in range(3000)]
    return [" ".join(source.choices(words, k=12)) for _ in range(count)]


def main(percent):
    text = lines(2000)
    for turn in range(percent * 36 // 100):
        counts, places, made = {}, {}, []
        for number, line in enumerate(text):
            words = line.split(" ")
            for word in words:
                counts[word] = counts.get(word, 0) + 1
                places.setdefault(f"{word}:{number % 50}", []).append(number)
            made.append("-".join(reversed(words)).title().replace("-", f"/{turn}/"))
        for key in list(places)[::2]:
            del places[key]
        assert sum(counts.values()) == 12 * len(made)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)

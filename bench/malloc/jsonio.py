"""JSON written and read: records as a service exchanges them. ./defrag bench malloc runs it.

    jsonio.py [PERCENT]      PERCENT of the usual work
"""

import json
import random
import sys


def record(source, number):
    return {
        "id": f"record-{number:06d}",
        "values": [source.random() for _ in range(6)],
        "tags": [f"tag{source.randrange(100)}" for _ in range(5)],
        "nested": {"line": number * 31, "text": "x" * source.randrange(5, 200), "flags": [True, None, False]},
    }


def main(percent):
    source = random.Random(1)
    records = [record(source, number) for number in range(2000)]
    for _ in range(percent * 16 // 100):
        text = json.dumps(records)
        again = json.loads(text)
        lines = [json.dumps(one) for one in again]
        assert [json.loads(line)["id"] for line in lines] == [one["id"] for one in records]


main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)

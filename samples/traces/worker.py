"""A long-lived worker that compares records: the program behind the trace python-worker.

    worker.py write FOLDER CASES RECORDS   the cases, as JSON Lines: a baseline and a candidate each
    worker.py run FOLDER                   compare them one after another

A case is loaded, compared by key and dropped; of one record in a hundred something is kept for the summary at the
end, as a worker does that caches or reports. These survivors lie scattered over all that the case had allocated. The
process ends when the last case's data are dropped and the survivors live, without an exit handler, so that a recording
ends there too.
"""

import gc
import json
import os
import random
import string
import sys

SEED = 20261124
WORDS = ["".join(random.Random(n).choices(string.ascii_lowercase, k=3 + n % 9)) for n in range(400)]


def record(source, key):
    """One record as an analyser or a test run may give it; one in ten has a snippet."""
    fields = {
        "key": f"case-{key:06d}",
        "rule": source.choice(WORDS),
        "file": "/".join(source.choices(WORDS, k=3)) + ".c",
        "line": source.randrange(1, 5000),
        "score": round(source.random() * 100, 3),
        "tags": source.choices(WORDS, k=source.randrange(0, 6)),
        "message": " ".join(source.choices(WORDS, k=source.randrange(4, 16))),
    }
    if source.random() < 0.1:
        fields["snippet"] = "".join(source.choices(string.printable[:62], k=source.randrange(600, 4001)))
    return fields


def write(folder, cases, records, changed=0.03):
    source = random.Random(SEED)
    for case in range(cases):
        baseline = [record(source, key) for key in range(records)]
        candidate = [record(source, key) if source.random() < changed else one for key, one in enumerate(baseline)]
        source.shuffle(candidate)
        for side, lines in ("baseline", baseline), ("candidate", candidate):
            with open(os.path.join(folder, f"{case}-{side}.jsonl"), "w", encoding="utf-8") as file:
                file.writelines(json.dumps(one) + "\n" for one in lines)


def load(path):
    with open(path, encoding="utf-8") as file:
        return {one["key"]: one for one in map(json.loads, file)}


def compare(baseline, candidate):
    changed = []
    for key, one in baseline.items():
        other = candidate.get(key)
        if one != other:
            changed.append((key, sorted(name for name in one if other is None or one[name] != other.get(name))))
    return changed


def run(folder):
    survivors = []
    case = 0
    while os.path.exists(path := os.path.join(folder, f"{case}-baseline.jsonl")):
        baseline = load(path)
        candidate = load(path.replace("baseline", "candidate"))
        changed = compare(baseline, candidate)
        survivors.append((case, len(changed)))
        survivors.extend(one for number, one in enumerate(baseline.values()) if number % 100 == 0)
        del baseline, candidate, changed
        gc.collect()
        case += 1
    os.write(1, f"{case} cases, {len(survivors)} survivors\n".encode())
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        run(sys.argv[2])

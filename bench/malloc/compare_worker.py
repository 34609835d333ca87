"""What a long-lived worker holds after its cases: the worker of samples/traces, read from within.

    compare_worker.py write FOLDER CASES RECORDS     the cases, once
    compare_worker.py run FOLDER                     compare them one after another, then drop all but the survivors
    compare_worker.py live FOLDER                    only build the survivors, in a process that does nothing else

A case is loaded, compared by key and dropped; every hundredth record stays for the summary. `run` prints lines of
"KEY BYTES": peak (held with a case loaded, the largest), freed (after the last case), idle (two seconds later, nothing
called), trimmed (after the allocator's own call), idle-rss, most-rss. `live` prints live: what a process occupies that
has only ever had the survivors, interpreter included.
"""

import gc
import importlib.util
import json
import os
import sys
import time

import gauge

EVERY = 100


def sample():
    path = os.path.join(os.path.dirname(__file__), "../../samples/traces/worker.py")
    spec = importlib.util.spec_from_file_location("sample_worker", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def baselines(folder):
    case = 0
    while os.path.exists(path := os.path.join(folder, f"{case}-baseline.jsonl")):
        yield case, path
        case += 1


def report(**values):
    for key, value in values.items():
        print(key.replace("_", "-"), value)


def run(folder):
    worker = sample()
    survivors, peak = [], 0
    for case, path in baselines(folder):
        baseline = worker.load(path)
        candidate = worker.load(path.replace("baseline", "candidate"))
        changed = worker.compare(baseline, candidate)
        peak = max(peak, gauge.held())
        survivors.append((case, len(changed)))
        survivors.extend(one for number, one in enumerate(baseline.values()) if number % EVERY == 0)
        del baseline, candidate, changed
        gc.collect()
    freed = gauge.held()
    time.sleep(2)
    idle, idle_rss = gauge.held(), gauge.resident()
    gauge.trim()
    trimmed = gauge.held()
    report(peak=peak, freed=freed, idle=idle, trimmed=trimmed, idle_rss=idle_rss, most_rss=gauge.most_resident())


def live(folder):
    sample()
    survivors = []
    for _, path in baselines(folder):
        with open(path, encoding="utf-8") as file:
            survivors.extend(json.loads(line) for number, line in enumerate(file) if number % EVERY == 0)
    gc.collect()
    report(live=gauge.held())


if __name__ == "__main__":
    if sys.argv[1] == "write":
        sample().write(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        {"run": run, "live": live}[sys.argv[1]](sys.argv[2])

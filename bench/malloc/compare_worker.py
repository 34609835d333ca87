"""What a long-lived worker holds after its cases: samples/compare.py, read from within.

    compare_worker.py write FOLDER CASES RECORDS     the cases, once
    compare_worker.py run FOLDER [SECONDS]           compare them one after another, with a rest after each
    compare_worker.py merge FOLDER                   the same, merging sparse pages when DEFRAG_BENCH_COMPACT says: case, rest
    compare_worker.py live FOLDER                    only build what stays, in a process that does nothing else

One record in a hundred differs from baseline to candidate. The worker loads a case, compares it and drops it, but
remembers what differed: this 1 % stays, scattered over all that the case had allocated. `run` prints lines of "KEY
BYTES": loaded-N (held with case N loaded and compared), dropped-N (held after it), rested-N (held after the rest, if
there is one), peak (the largest of these), freed (after the last case), idle (two seconds later, nothing called),
trimmed (after the allocator's own call), idle-rss, most-rss. `merge` prints of these dropped-N (after merging), idle,
idle-rss, most-rss, and mappings (a count) and charged (by a memory cgroup of its own; 0 where it cannot have one) when
idle, and ksmd (nanoseconds of processor time of the kernel's thread; 0 but with DEFRAGGER_MERGE=ksm). `live` prints live: what a process occupies that has only
ever had what stays, interpreter included.
"""

import importlib.util
import json
import os
import sys
import time

import gauge

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../samples")
CHANGED = 0.01


def sample(path):
    spec = importlib.util.spec_from_file_location("sample_" + os.path.basename(path)[:-3], os.path.join(SAMPLES, path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stays(folder):
    return os.path.join(folder, "stays.jsonl")


def compared(folder, comparer):
    """The worker, after each case; each answer is that the case differs."""
    worker, case = comparer.Worker("key"), 0
    while os.path.exists(path := os.path.join(folder, f"{case}-baseline.jsonl")):
        task = {"case": str(case), "baseline": path, "candidate": path.replace("baseline", "candidate")}
        code, answer = worker.answer(json.dumps(task))
        if code != comparer.CHANGED:
            sys.exit(f"case {case}: {answer}")
        case += 1
        yield case, worker


def write(folder, cases, records):
    sample("traces/worker.py").write(folder, cases, records, CHANGED)
    for _, worker in compared(folder, sample("compare.py")):
        pass
    with open(stays(folder), "w", encoding="utf-8") as file:
        file.writelines(json.dumps([*name, record]) + "\n" for name, record in worker.known.items())


def report(**values):
    for key, value in values.items():
        print(key.replace("_", "-"), value)


def run(folder, rest=0.0):
    comparer = sample("compare.py")
    compare, loaded, dropped, rested = comparer.compare, [], [], []

    def watched(baseline, candidate):
        yield from compare(baseline, candidate)
        loaded.append(gauge.held())

    comparer.compare = watched
    for _, worker in compared(folder, comparer):
        dropped.append(gauge.held())
        if rest > 0:
            time.sleep(rest)
            rested.append(gauge.held())
    time.sleep(2)
    idle, idle_rss = gauge.held(), gauge.resident()
    gauge.trim()
    trimmed = gauge.held()
    for name, held in ("loaded", loaded), ("dropped", dropped), ("rested", rested):
        report(**{f"{name}-{case}": bytes for case, bytes in enumerate(held, 1)})
    report(peak=max(loaded + dropped), freed=dropped[-1], idle=idle, trimmed=trimmed, idle_rss=idle_rss,
           most_rss=gauge.most_resident())


def merge(folder):
    group, ksm = gauge.Group(), gauge.Ksm()
    comparer, dropped = sample("compare.py"), []
    for _, worker in compared(folder, comparer):
        gauge.compact("case")
        dropped.append(gauge.held())
    gauge.compact("rest")
    time.sleep(2)
    report(**{f"dropped-{case}": bytes for case, bytes in enumerate(dropped, 1)})
    report(idle=gauge.held(), idle_rss=gauge.resident(), most_rss=gauge.most_resident(), mappings=gauge.mappings(),
           charged=group.charged(), ksmd=ksm.nanoseconds())
    ksm.set_back()
    group.leave()


def live(folder):
    worker = sample("compare.py").Worker("key")
    with open(stays(folder), encoding="utf-8") as file:
        for line in file:
            kind, name, record = json.loads(line)
            worker.known[kind, name] = record
    report(live=gauge.held())


if __name__ == "__main__":
    words = sys.argv[2:]
    if sys.argv[1] == "write":
        write(words[0], *map(int, words[1:]))
    elif sys.argv[1] == "run":
        run(words[0], *map(float, words[1:]))
    elif sys.argv[1] == "merge":
        merge(words[0])
    else:
        live(words[0])

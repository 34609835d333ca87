"""A compare worker as they are met: it loads a case, compares it and drops it, and remembers what differed.

    compare_worker.py FOLDER [SNAPSHOTS]

FOLDER has the cases (samples/traces/worker.py write). The comparer is samples/compare.py; of a case it keeps the records
that differ, here 3 %. Into the folder SNAPSHOTS, on a Python that has the module defragger, goes a picture of the heap
after the last case, and one after all was given back that can be: for Export-DefragHeapMap.
"""

import importlib.util
import json
import os
import sys
import time

folder, snapshots = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../compare.py")
spec = importlib.util.spec_from_file_location("compare", path)
compare = importlib.util.module_from_spec(spec)
sys.modules["compare"] = compare
spec.loader.exec_module(compare)

worker = compare.Worker("key")
case = 0
while os.path.exists(baseline := os.path.join(folder, f"{case}-baseline.jsonl")):
    task = {"case": str(case), "baseline": baseline, "candidate": baseline.replace("baseline", "candidate")}
    code, answer = worker.answer(json.dumps(task))
    then = compare.occupied()
    time.sleep(2)
    print(f"case {case}: {answer['status']}; holds {then >> 20} MB, two seconds later {compare.occupied() >> 20} MB", flush=True)
    case += 1

print(f"{case} cases, {len(worker.known)} differences known")
if snapshots:
    import defragger

    defragger.snapshot(os.path.join(snapshots, "before.txt"))
    defragger.trim()
    defragger.snapshot(os.path.join(snapshots, "after.txt"))

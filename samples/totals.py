#!/usr/bin/env python3
"""Count what is in the sample folders: totals.py [FOLDER]

FOLDER holds baseline/ and candidate/; it is the script's own by default. Two
results are taken for the same when rule, file and message are equal, whatever
their lines. This is a rough check of the data, not the project's comparison.
"""
import collections
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__)
folder = folder if folder.is_dir() else folder.resolve().parent


def load(side):
    cases = {}
    for path in sorted((folder / side).rglob("*.sarif")):
        log = json.loads(path.read_text(encoding="utf-8"))
        assert log["version"] == "2.1.0", path
        keys, places = collections.Counter(), []
        for result in log["runs"][0]["results"]:
            place = result["locations"][0]["physicalLocation"]
            key = (result["ruleId"], place["artifactLocation"]["uri"],
                   result["message"]["text"])
            keys[key] += 1
            places.append((key, place["region"]["startLine"],
                           place["region"]["startColumn"]))
        name = path.relative_to(folder / side).as_posix()
        cases[name] = (keys, sorted(places), path.read_bytes())
    return cases


sides = {side: load(side) for side in ("baseline", "candidate")}
for side, cases in sides.items():
    rules = collections.Counter()
    for keys, _, _ in cases.values():
        for (rule, _, _), count in keys.items():
            rules[rule] += count
    print(f"{side}: {len(cases)} files,",
          f"{sum(1 for keys, _, _ in cases.values() if keys)} with results,",
          f"{sum(rules.values())} results,",
          f"{sum(len(data) for _, _, data in cases.values())} bytes")
    for rule, count in rules.most_common():
        print(f"  {count:5} {rule}")

base, cand = sides["baseline"], sides["candidate"]
kinds, same, gone, new = collections.Counter(), 0, 0, 0
for case in sorted(base.keys() | cand.keys()):
    if case not in cand:
        kind = "only in baseline"
    elif case not in base:
        kind = "only in candidate"
    else:
        (keys1, places1, data1), (keys2, places2, data2) = base[case], cand[case]
        same += (keys1 & keys2).total()
        gone += (keys1 - keys2).total()
        new += (keys2 - keys1).total()
        if keys1 != keys2:
            kind = "in both, results changed: " + (
                "some gone and some new" if keys1 - keys2 and keys2 - keys1
                else "some gone" if keys1 - keys2 else "some new")
        elif not keys1:
            kind = "in both, no results" + ("" if data1 == data2 else ", files differ")
        elif data1 == data2:
            kind = "in both, same results, byte-equal"
        elif places1 == places2:
            kind = "in both, same results at the same places, files differ"
        else:
            kind = "in both, same results, moved"
    kinds[kind] += 1
print(f"cases: {kinds.total()}")
for kind, count in sorted(kinds.items()):
    print(f"  {count:5} {kind}")
print(f"results in cases of both sides: {same} same, {gone} gone, {new} new")

#!/usr/bin/env python3
"""Compares two files of results by their records. A comparer for Invoke-DefragCompare -Command, and one to start from.

    compare.py [--key NAME] BASELINE CANDIDATE     one case
    compare.py [--key NAME] --worker [--memory]    many cases, one after another, in one process

A record is a finding of a SARIF log (*.sarif), known by rule, file and message: one that only moved to another line is
the same. Or it is a line of a JSON Lines file (*.jsonl), an object, known by its member NAME ("id" if --key is not
given). Of several records that are known by the same, the first is compared with the first, the second with the second.
Values are equal as Python has it: 1, 1.0 and true are.

One case: prints {"new": 2, "absent": 0, "updated": 1, "unchanged": 40}. Exit code 0: no difference, 1: differences,
2: could not compare, with the reason on standard error.

A worker reads lines {"case": "any name", "baseline": "FILE", "candidate": "FILE"} until its input ends, and answers each
with one line: the same, and "case", "status" ("same", "changed" or "error") and "reason" of an error. It remembers
what differed: "repeated" counts the differences that an earlier case had too, as findings in headers do. With --memory
a line has "memory", the bytes that the process then occupies: its Pss. Exit code: the highest that a case has.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from typing import Any, Dict, Hashable, Iterator, NamedTuple, Tuple

try:
    import defragger  # of a Python that Build-DefragPython made
except ImportError:
    defragger = None

SAME, CHANGED, FAILED = range(3)
STATUS = ("same", "changed", "error")

Record = Any
Records = Dict[Hashable, Record]
Difference = Tuple[str, Hashable, Record]


class Refused(Exception):
    """A file or line that cannot be read, with the reason."""


def findings(path: str) -> Iterator[tuple[Hashable, Record]]:
    with open(path, encoding="utf-8") as file:
        log = json.load(file)
    if not isinstance(log, dict) or log.get("version") != "2.1.0":
        raise Refused(f"{path}: not a SARIF log of version 2.1.0")
    for run in log["runs"]:
        for result in run.get("results") or ():
            rule = result.get("ruleId") or result.get("rule", {}).get("id", "")
            places = result.get("locations") or [{}]
            file = places[0].get("physicalLocation", {}).get("artifactLocation", {}).get("uri", "")
            message = result["message"].get("text") or result["message"].get("id", "")
            yield (rule, file, message), (result.get("kind", "fail"), result.get("level", "warning"))


def lines(path: str, key: str) -> Iterator[tuple[Hashable, Record]]:
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.isspace():
                continue
            try:
                record = json.loads(line)
                yield record[key], record
            except KeyError:
                raise Refused(f'{path}: line {number}: no member "{key}"; --key names another') from None
            except (ValueError, TypeError, RecursionError) as error:
                raise Refused(f"{path}: line {number}: no JSON object: {error}") from None


def load(path: str, key: str) -> Records:
    if path.endswith(".sarif"):
        source = findings(path)
    elif path.endswith(".jsonl"):
        source = lines(path, key)
    else:
        raise Refused(f"{path}: neither *.sarif nor *.jsonl")
    records: Records = {}
    repeated: Counter[Hashable] = Counter()
    try:
        for name, record in source:
            if name in records:
                repeated[name] += 1
                name = (name, repeated[name])
            records[name] = record
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Refused(f"{path}: {type(error).__name__}: {error}") from None
    return records


def compare(baseline: Records, candidate: Records) -> Iterator[Difference]:
    """What differs: "absent" with the baseline's record, "new" and "updated" with the candidate's."""
    for name, record in baseline.items():
        if name not in candidate:
            yield "absent", name, record
        elif candidate[name] != record:
            yield "updated", name, candidate[name]
    for name, record in candidate.items():
        if name not in baseline:
            yield "new", name, record


class Case(NamedTuple):
    counts: dict[str, int]
    differences: list[Difference]

    @property
    def code(self) -> int:
        return CHANGED if self.differences else SAME


def compare_files(baseline: str, candidate: str, key: str) -> Case:
    before, after = load(baseline, key), load(candidate, key)
    differences = list(compare(before, after))
    kinds = Counter(kind for kind, _, _ in differences)
    counts = {kind: kinds[kind] for kind in ("new", "absent", "updated")}
    return Case({**counts, "unchanged": len(before) - counts["absent"] - counts["updated"]}, differences)


def task(line: str) -> tuple[str, str, str]:
    try:
        asked = json.loads(line)
        words = asked["case"], asked["baseline"], asked["candidate"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused(f"no line with case, baseline and candidate: {type(error).__name__}: {error}") from None
    if not all(isinstance(word, str) for word in words):
        raise Refused(f"case, baseline and candidate are not all text: {words}")
    return words


class Worker:
    """Compares cases one after another and remembers what differed."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.known: dict[tuple[str, Hashable], Record] = {}

    def answer(self, line: str) -> tuple[int, dict[str, Any]]:
        """The exit code of a case and the answer to its line. A line or file that is wrong does not end the worker."""
        name = None
        try:
            name, baseline, candidate = task(line)
            case = compare_files(baseline, candidate, self._key)
        except Refused as error:
            return FAILED, {"case": name, "status": STATUS[FAILED], "reason": str(error)}
        repeated = sum(self._remember(*one) for one in case.differences)
        return case.code, {"case": name, "status": STATUS[case.code], **case.counts, "repeated": repeated}

    def _remember(self, kind: str, name: Hashable, record: Record) -> bool:
        """Whether the difference was known before."""
        if self.known.get((kind, name)) == record:
            return True
        self.known[kind, name] = record
        return False


class Compaction:
    """Merges the pages on which what is remembered lies scattered, for at most 2 % of the processor time."""

    SHARE = 0.02

    def __init__(self) -> None:
        self._due = 0.0

    def after_case(self) -> None:
        begin = time.process_time()
        if defragger is None or begin < self._due:
            return
        defragger.compact(1)
        end = time.process_time()
        self._due = end + (end - begin) / self.SHARE


def occupied() -> int:
    """The bytes that this process occupies: a page that others share counts by its share."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))


def serve(key: str, memory: bool) -> int:
    worker, highest, compaction = Worker(key), SAME, Compaction()
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # a path may be any bytes
    for line in sys.stdin:
        code, answer = worker.answer(line)
        if memory:
            answer["memory"] = occupied()
        print(json.dumps(answer), flush=True)
        highest = max(highest, code)
        compaction.after_case()
    return highest


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares two files of results by their records.")
    parser.add_argument("files", nargs="*", metavar="FILE", help="the baseline's, then the candidate's: *.sarif or *.jsonl")
    parser.add_argument("--key", default="id", metavar="NAME", help='the member of a JSON line that names it; "id"')
    parser.add_argument("--worker", action="store_true", help="read cases from standard input, a JSON object a line")
    parser.add_argument("--memory", action="store_true", help="of a worker: tell what it occupies after each case")
    options = parser.parse_args()
    if len(options.files) != (0 if options.worker else 2):
        parser.error("a baseline and a candidate, or --worker and no file")
    if options.memory and not options.worker:
        parser.error("--memory belongs to --worker")
    if options.worker:
        return serve(options.key, options.memory)
    try:
        case = compare_files(*options.files, options.key)
    except Refused as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return FAILED
    print(json.dumps(case.counts))
    return case.code


if __name__ == "__main__":
    sys.exit(main())

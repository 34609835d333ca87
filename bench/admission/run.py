"""Runs the same cases under each policy in a cgroup of its own, and writes the table. See ../admission.sh."""
import argparse
import os
import platform
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import workload
from group import Group, Meminfo, NoGroup

ROOT = Path(__file__).resolve().parents[2]
GIGABYTE = 1 << 30
COLD, WARM = "ours, nothing known", "ours, after one run"


@dataclass
class Outcome:
    name: str
    seconds: float
    kernel_kills: int
    own_kills: int
    lost: int
    wasted_cpu: float
    wasted_work: float
    peak: int


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, Path(folder)
        self.capacity = int(options.gigabytes * GIGABYTE)
        self.cases = workload.make(options.cases, options.seed, self.capacity)
        self.bound, self.bounded_by = workload.lower_bound(self.cases, options.workers, self.capacity)
        for side in "base", "cand":
            workload.write(self.cases, self.folder / side)
        self.hog = str(self.folder / "hog")
        subprocess.run(["cc", "-O2", "-o", self.hog, str(Path(__file__).with_name("hog.c"))], check=True)

    def ours(self, name, *words, output="out"):
        """Our own cmdlet, as a user calls it."""
        out = self.folder / output
        shutil.rmtree(out, ignore_errors=True)
        return self._run(name, [str(ROOT / "defrag"), "Invoke-DefragCompare", str(self.folder / "base"), str(self.folder / "cand"),
                                "-ThrottleLimit", str(self.options.workers), "-OutputDirectory", str(out), *words,
                                "--", self.hog, "{baseline}"])

    def parallel(self, name, *words, memory=False):
        """GNU parallel on the same cases, in the order of their names."""
        names = "".join(f"{self.folder}/base/{case.name}\n" for case in self.cases)
        return self._run(name, ["parallel", "--will-cite", *words, self.hog, "{}"], text=names, memory=memory)

    def _run(self, name, words, text="", memory=False):
        records = self.folder / "records"
        shutil.rmtree(records, ignore_errors=True)
        records.mkdir()
        group = Group(self.capacity)
        meminfo = Meminfo(group, tempfile.mktemp(dir=self.folder)) if memory else None
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            command = group.command(meminfo.command(words) if meminfo else words)
            began = time.monotonic()
            ended = subprocess.run(command, input=text, text=True, capture_output=True, cwd=self.folder,
                                   env={**os.environ, "HOG_RECORDS": str(records), "XDG_STATE_HOME": str(self.folder / "state")})
            seconds = time.monotonic() - began
            outcome = self._outcome(name, seconds, group, records)
        finally:
            if meminfo:
                meminfo.close()
            group.close()
        if not any(records.iterdir()):
            raise SystemExit(f"{name}: nothing ran.\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
        return outcome

    def _outcome(self, name, seconds, group, records):
        done, killed = set(), []
        for path in records.iterdir():
            data = path.read_bytes()
            if len(data) < 24:
                continue  # killed between making its record and filling it
            finished, cpu, wall = struct.unpack("<3Q", data[:24])
            if finished:
                done.add(data[24:].split(b"\0")[0])
            else:
                killed.append((cpu / 1e6, wall / 1e6))
        kernel = group.kills()
        return Outcome(name, seconds, kernel, max(0, len(killed) - kernel), len(self.cases) - len(done),
                       sum(cpu for cpu, _ in killed), sum(wall for _, wall in killed), group.peak())


def policies(bench):
    """All that are compared: name, and what runs it."""
    workers = str(bench.options.workers)
    few = str(max(1, bench.options.workers // 3))
    history = ("-History", str(bench.folder / "history.db"))
    yield COLD, lambda name: bench.ours(name, *history, output="cold")
    yield WARM, lambda name: bench.ours(name, *history, output="warm")
    yield "ours with tiers alone", lambda name: bench.ours(name, "-Throttle", "Tiers", "-NoHistory")
    yield f"GNU parallel, {workers} at a time", lambda name: bench.parallel(name, "-j", workers)
    yield f"GNU parallel, {few} at a time", lambda name: bench.parallel(name, "-j", few)
    # A quarter and four tenths of the memory: the values that did best in simulations of 64 GB (16 and 26 GB).
    for share in 0.25, 0.4:
        free = f"{int(share * bench.capacity) >> 20}M"
        yield f"GNU parallel, --memfree {free}", lambda name, free=free: bench.parallel(
            name, "-j", workers, "--memfree", free, "--retries", "10", memory=True)


def table(outcomes, bound):
    head = ["policy", "seconds", "of the bound", "kernel kills", "own kills", "lost cases", "CPU s wasted", "work s wasted", "peak GB"]
    rows = [[o.name, f"{o.seconds:.1f}", f"{o.seconds / bound:.2f}", str(o.kernel_kills), str(o.own_kills), str(o.lost),
             f"{o.wasted_cpu:.1f}", f"{o.wasted_work:.1f}", f"{o.peak / GIGABYTE:.2f}"] for o in outcomes]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    line = lambda row: "| " + " | ".join(
        text.ljust(width) if i == 0 else text.rjust(width) for i, (text, width) in enumerate(zip(row, widths))) + " |"
    rule = "| " + " | ".join("-" * width if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)) + " |"
    return "\n".join([line(head), rule, *map(line, rows)])


def verdict(outcomes):
    """What ours has to show, and whether it does."""
    warm = next(o for o in outcomes if o.name == WARM)
    whole = [o for o in outcomes if o.lost == 0]
    demands = {
        "after one run nothing is killed, by the kernel or by the run": warm.kernel_kills + warm.own_kills == 0,
        "after one run no case is lost": warm.lost == 0,
        "after one run it is the fastest of those that lose nothing": min(whole, key=lambda o: o.seconds, default=None) is warm,
        "with nothing known no case is lost": next(o for o in outcomes if o.name == COLD).lost == 0,
    }
    return demands


def document(bench, outcomes, load):
    machine = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                    if line.startswith("model name")), platform.machine())
    version = subprocess.run(["parallel", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    o = bench.options
    demands = "\n".join(f"* {text}: {'yes' if met else '**no**'}" for text, met in verdict(outcomes).items())
    return f"""# Admission: ours and others in {o.gigabytes:g} GB

Written by `./defrag bench admission`; do not edit.

{date.today()}, {os.cpu_count()} cores, {machine}, Linux {platform.release()}, load {load:.1f} to {os.getloadavg()[0]:.1f}. {version}.

{o.cases} cases of a program that follows a curve of memory ([bench/admission/](../../bench/admission)), seed {o.seed}, at most {o.workers} at
a time, in a cgroup of {o.gigabytes:g} GB: {sum(case.seconds for case in bench.cases):.0f} s of work, peaks up to {max(case.peak for case in bench.cases) / GIGABYTE:.2f} GB,
{sum(case.peak for case in bench.cases) / len(bench.cases) / GIGABYTE:.2f} GB on average, and over time {sum(case.area for case in bench.cases) / bench.capacity / bench.bound:.0%} of the memory if no worker rested. No policy can take less than {bench.bound:.1f} s: that is {bench.bounded_by}.
The cases sleep between their steps, so that cores are not what bounds them. Everything runs in the cgroup, the run itself too.

{table(outcomes, bench.bound)}

Kernel kills are the cgroup's own count; own kills are attempts that the policy ended; lost are cases that never came to their end;
wasted is what killed attempts had used. GNU parallel reads /proc/meminfo and no cgroup; it was given one that tells of the
cgroup what the true one tells of the machine, with page cache counted as ours counts it.

## What ours has to show

{demands}

## Memory of ours, after one run

![memory over time](admission-warm.svg)
"""


def main():
    options = argparse.ArgumentParser(prog="./defrag bench admission", description=__doc__)
    options.add_argument("--cases", type=int, default=300)
    options.add_argument("--workers", type=int, default=12)
    options.add_argument("--gigabytes", type=float, default=4)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default="", help="policies whose name has this word; nothing is written")
    options = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="defrag-bench-") as folder:
        try:
            Group(int(options.gigabytes * GIGABYTE)).close()
        except NoGroup as error:
            print(f"skipped: no cgroup with a memory limit can be made here ({error}).")
            return 0
        load = os.getloadavg()[0]
        bench = Bench(options, folder)
        outcomes = [run(name) for name, run in policies(bench) if options.only in name]
        print(table(outcomes, bench.bound))
        if options.only:
            return 0
        for text, met in verdict(outcomes).items():
            print(f"{'met' if met else 'NOT met'}: {text}")
        (ROOT / "docs/benchmarks/admission.md").write_text(document(bench, outcomes, load))
        shutil.copy(bench.folder / "warm/memory.svg", ROOT / "docs/benchmarks/admission-warm.svg")
    return 0 if all(verdict(outcomes).values()) else 1


if __name__ == "__main__":
    sys.exit(main())

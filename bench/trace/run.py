"""Measures for bench/trace.sh, and writes its report: run.py NATIVE FOLDER ROUNDS OPERATIONS"""

import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys

native, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
rounds, operations = int(sys.argv[3]), int(sys.argv[4])
root = pathlib.Path(__file__).resolve().parents[2]
samples, python = root / "samples/traces", sys.executable
seed, loop = 20261126, 10_000_000


def launch(words, **variables):
    """Processor seconds, peak bytes of a program in an environment of its own."""
    environment = [f"{name}={value}" for name, value in variables.items()]
    line = subprocess.run([native / "defrag-launch", "--", "env", *environment, *map(str, words)], cwd=folder,
                          stdout=subprocess.PIPE, check=True).stdout.split(b"\n")[0]
    report = json.loads(line)
    if report["exit"] != 0:
        sys.exit(f"trace: {words} ended with {report}")
    return (report["user_us"] + report["system_us"]) / 1e6, report["peak_bytes"]


def prepare():
    """What the programs read."""
    for source in (root / "lib/Defragger.Native/launcher").glob("*.[ch]"):
        shutil.copy(source, folder)
    (folder / "all.c").write_text("".join(f'#include "{one.name}"\n' for one in sorted(folder.glob("*.c"))))
    (folder / "numbers").write_text("".join(f"{n * 7919 % 1000003}\n" for n in range(1, 1000003)))
    (folder / "cases").mkdir()
    subprocess.run([python, samples / "worker.py", "write", folder / "cases", "4", "3600"], check=True, stdout=sys.stderr)
    shutil.copy(samples / "worker.py", folder)


def programs():
    compiler = subprocess.run(["gcc", "-print-prog-name=cc1"], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    machine = subprocess.run(["gcc", "-print-multiarch"], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    recorded = native / "bench-malloc-recorded"
    return recorded, {
        "Python: a worker compares cases": ([python, "-S", "worker.py", "run", "cases"], True),
        "Python: JSON of 20 MB": ([python, root / "bench/malloc/jsonio.py"], True),
        "cc1 -O2": ([compiler, "-quiet", "-O2", "-std=c11", "-D_GNU_SOURCE", '-DDEFRAG_VERSION="0.1.0"', "-imultiarch",
                     machine, "all.c", "-o", "/dev/null"], False),
        "Perl: an index": (["perl", samples / "index.pl"], False),
        "sqlite3 in memory": (["sqlite3", "-lookaside", "0", "0", ":memory:", f".read {samples / 'sqlite.sql'}"], False),
        "sort, a million lines": (["sort", "--parallel=1", "numbers", "-o", "/dev/null"], False),
        "C: a structure built and dropped": ([recorded, "program", loop, seed], False),
        "C: random of 4,096 places": ([recorded, "random", loop, seed], False),
        "C: malloc and free of one size": ([recorded, "pairs", loop, seed], False),
    }


def recordings():
    return sorted(folder.glob("*.recording*"), key=lambda one: one.stat().st_size, reverse=True)


def replay(path, *options):
    """The report's objects, processor seconds and peak bytes of a replay."""
    out = folder / "replay"
    seconds, peak = launch(["sh", "-c", 'exec "$0" "$@" >replay', native / "defrag-trace", *options, path])
    return [json.loads(line) for line in out.read_text().splitlines()], seconds, peak


def measure_programs():
    recorded, all_programs = programs()
    preload = {"LD_PRELOAD": native / "libdefragger.so"}
    rows = {}
    for number in range(rounds):
        for name, (words, is_python) in all_programs.items():
            own = {"PYTHONMALLOC": "malloc"} if is_python else {}
            for old in recordings():
                old.unlink()
            row = [launch(words, **own)[0], launch(words, **own, **preload)[0],
                   launch(words, **own, **preload, DEFRAGGER_RECORD=folder / "%p.recording")[0]]
            rows.setdefault(name, {"times": []})["times"].append(row)
            if number == 0:
                report, _, _ = replay(recordings()[0], "--core")
                rows[name]["operations"] = report[0]["operations"]
                rows[name]["bytes"] = recordings()[0].stat().st_size
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return rows


def measure_replay():
    recorded, _ = programs()
    path = folder / "long"
    launch([recorded, "program", operations, seed], LD_PRELOAD=native / "libdefragger.so", DEFRAGGER_RECORD=path)
    return path.stat().st_size, {name: replay(path, *options) for name, options in
                                 {"our heap alone": ["--core"], "all four policies": []}.items()}


def processor():
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def main():
    prepare()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=root, stdout=subprocess.PIPE, text=True).stdout.strip()
    print(f"""# What recording costs, and a replay

Written by `./defrag bench trace`; do not edit.

{datetime.date.today()}, {os.cpu_count()} cores, {processor()}, Linux {platform.release()}, load {os.getloadavg()[0]:.2f}.
Python {platform.python_version()}, commit {commit}. Processor time, median of {rounds} rounds; ratios within a round.

## Recording

| program | C library s | preloaded | recorded | recorded / preloaded | operations | bytes an operation |
|---|---:|---:|---:|---:|---:|---:|""")
    median = statistics.median
    for name, row in measure_programs().items():
        times = row["times"]
        few = row["operations"] < 10000
        print(f"| {name} | {median(t[0] for t in times):.2f} | {median(t[1] / t[0] for t in times):.2f} "
              f"| {median(t[2] / t[0] for t in times):.2f} | {median(t[2] / t[1] for t in times):.2f} "
              f"| {row['operations']:,} | {'-' if few else format(row['bytes'] / row['operations'], '.2f')} |")
    print("""
Preloaded and recorded are multiples of the C library's time. Every Python object is an allocation here (PYTHONMALLOC=malloc). A file
has 68 KiB at least; programs of less than 10,000 operations have no figure of bytes.

## A replay
""")
    size, replays = measure_replay()
    for name, (report, seconds, peak) in replays.items():
        trace = report[0]
        if name == "our heap alone":
            print(f"A trace of {trace['operations']:,} operations from the seed {seed} ({size / 1e6:.0f} MB, {trace['mostLive'] / 2**20:.0f} MB "
                  f"live at most, {trace['mostBlocks']:,} blocks):\n\n| replay | processor s | ns an operation | peak MB |\n|---|---:|---:|---:|")
        print(f"| {name} | {seconds:.1f} | {seconds / trace['operations'] * 1e9:.0f} | {peak / 2**20:.0f} |")
    print("\nSamples, and what merging pages would leave at each, are in these figures.")


main()

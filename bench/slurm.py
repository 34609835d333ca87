"""Cases of a second on a real Slurm on loopback, and the time over the ideal: python3 bench/slurm.py CASES NODES"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "slurm"))
from cluster import Cluster, missing  # noqa: E402


def main():
    cases, nodes = int(sys.argv[1]), int(sys.argv[2])
    if missing():
        sys.exit(missing())
    with tempfile.TemporaryDirectory() as folder, Cluster(nodes, cores=1) as cluster:
        for side in "base", "cand":
            (Path(folder) / side).mkdir()
            for number in range(cases):
                (Path(folder) / side / f"case{number:05}").write_text("same\n")
        out = Path(folder) / "out"
        words = ["Invoke-DefragCompare", f"{folder}/base", f"{folder}/cand", "-NoHistory", "-Engine", "Slurm", "-OutputDirectory", out,
                 "--", "/bin/sh", "-c", "sleep 1"]
        began = time.time()
        subprocess.run([ROOT / "defrag", *words], env=cluster.environment | {"DEFRAG_HOST": "embedded"}, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        elapsed = time.time() - began
        results = [json.loads(line)["result"] for line in (out / "journal.jsonl").read_text().splitlines()[1:]]
        slept = sum(one["duration"] for one in results)
        # The run's own time, without the start of the session: that of its last sample.
        own = float((out / "memory.csv").read_text().splitlines()[-1].split(",")[0])
        tasks = len(cluster.states())
    if len(results) != cases or any(one["status"] != "Same" for one in results):
        sys.exit(f"{len(results)} results, and not {cases} that are the same")
    ideal = cases / nodes
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "slurmctld"], stdout=subprocess.PIPE, text=True).stdout
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {model}, Slurm {version}, load {os.getloadavg()[0]:.1f}\n")
    print("| cases of 1 s | nodes x cores | tasks | ideal, s | the cases alone, s | the run, s | over the ideal | with the session's start, s | over the ideal |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    print(f"| {cases:,} | {nodes} x 1 | {tasks} | {ideal:.1f} | {slept / nodes:.1f} | {own:.1f} | {own / ideal - 1:.1%} "
          f"| {elapsed:.1f} | {elapsed / ideal - 1:.1%} |")


if __name__ == "__main__":
    main()

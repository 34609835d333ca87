"""Invoke-DefragCompare -Engine Slurm against a real Slurm on loopback (cluster.py).

    python3 -m unittest -v tests/slurm/test_slurm.py

One cluster of three nodes with one core each serves the tests that break no node.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
from cluster import Cluster, bounds_memory, missing  # noqa: E402

PATIENCE = 120  # seconds for one run
SLOW = ["--", "/bin/sh", "-c", 'sleep 0.4; exec cmp -s "$1" "$2"', "sh", "{baseline}", "{candidate}"]
# Holds 700 MB for the case named big, and compares.
HUNGRY = ["--", "python3", "-c", "import filecmp, sys; b, c, n = sys.argv[1:]; held = b'x' * (700 << 20 if n == 'big' else 1);"
          "sys.exit(not filecmp.cmp(b, c, shallow=False))", "{baseline}", "{candidate}", "{case}"]
# What a result says of the comparison; the rest is of where and how long it ran.
COMPARED = ["case", "status", "reason", "new", "absent", "updated", "unchanged", "moved", "ignored", "baselinePath", "candidatePath", "exitCode"]


class Runs(unittest.TestCase):
    """What all tests do: cases, runs, journals."""

    nodes, cores = 3, 1

    @classmethod
    def setUpClass(cls):
        if missing():
            raise unittest.SkipTest(missing())
        cls.cluster = cls.enterClassContext(Cluster(cls.nodes, cls.cores))

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="defrag-slurm-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def cases(self, count, kinds=4):
        """Cases of which some are changed, added or removed; their names and what is to be told of them."""
        expected = {}
        for number in range(count):
            name = f"d{number % 7}/case {number}.txt"
            kind = ["Same", "Changed", "Added", "Removed"][number % 11 if number % 11 < kinds else 0]
            for side in "base", "cand":
                if (side, kind) in (("base", "Added"), ("cand", "Removed")):
                    continue
                path = self.folder / side / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"line {number}\n" + ("more\n" if (side, kind) == ("cand", "Changed") else ""))
            expected[name] = kind
        return expected

    def start(self, *words, out="out", **environment):
        """Starts a run; the program is the process itself."""
        return subprocess.Popen(
            [ROOT / "defrag", "Invoke-DefragCompare", self.folder / "base", self.folder / "cand", "-NoHistory", "-ExitCode",
             "-OutputDirectory", self.folder / out, *words],
            env=self.cluster.environment | {"DEFRAG_HOST": "embedded", "NO_COLOR": "1"} | environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            # Whoever runs the tests in the background has it ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def finish(self, run):
        """Its output, when it has come to its end."""
        try:
            return run.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            run.kill()
            self.fail(f"It goes on after {PATIENCE} s:\n{run.communicate()[0][-3000:]}\n{self.cluster.tail()}")

    def slurm(self, *words, **options):
        return self.start("-Engine", "Slurm", "-Verbose", *words, **options)

    def journal(self, out="out"):
        """The results in the journal of a run."""
        lines = (self.folder / out / "journal.jsonl").read_text().splitlines()[1:]
        return [json.loads(line)["result"] for line in lines]

    def assert_right(self, expected, output=""):
        """Each case has one result, and that is right."""
        results = self.journal()
        twice = [name for name, count in Counter(one["case"] for one in results).items() if count > 1]
        self.assertEqual(twice, [], output)
        self.assertEqual({one["case"]: one["status"] for one in results}, expected, output)

    def assert_nothing_left(self):
        """No job, no process of one, no folder."""
        jobs = self.wait_for(lambda: not self.cluster.ask("squeue", "-h").split())
        self.assertTrue(jobs, self.cluster.ask("squeue"))
        self.assertFalse((self.folder / "out" / "cluster").exists())

    def wait_for(self, found, seconds=60):
        end = time.monotonic() + seconds
        while not (result := found()) and time.monotonic() < end:
            time.sleep(0.05)
        return result

    def wait_until_busy(self, run):
        """Two nodes run something, and there is a result or two."""
        busy = self.wait_for(lambda: run.poll() is not None or (
            list(self.cluster.states().values()).count(("RUNNING", "n2")) > 0 and len(self.part_lines()) > 1))
        self.assertTrue(busy and run.poll() is None, "no task came to run")

    def part_lines(self):
        lines = []
        for part in (self.folder / "out" / "cluster").glob("*/*.part"):
            try:
                lines += part.read_text().splitlines()[1:]
            except FileNotFoundError:
                pass
        return lines


class OnACluster(Runs):
    def test_results_are_those_of_a_local_run(self):
        shutil.copytree(ROOT / "samples" / "baseline", self.folder / "base")
        shutil.copytree(ROOT / "samples" / "candidate", self.folder / "cand")
        local = self.start(out="local")
        self.finish(local)
        slurm = self.slurm()
        output = self.finish(slurm)
        self.assertEqual(slurm.returncode, local.returncode, output)
        self.assertEqual(self.compared("out"), self.compared("local"))
        self.assert_nothing_left()

    def test_two_thousand_cases_are_those_of_a_local_run(self):
        expected = self.cases(2000)
        local = self.start(out="local")
        self.finish(local)
        slurm = self.slurm()
        output = self.finish(slurm)
        self.assertEqual(slurm.returncode, local.returncode, output[-2000:])
        self.assert_right(expected, output[-2000:])
        self.assertEqual(self.compared("out"), self.compared("local"))
        self.assert_nothing_left()

    def test_a_run_that_is_interrupted_leaves_no_job(self):
        expected = self.cases(90, kinds=1)
        run = self.slurm(*SLOW)
        self.wait_until_busy(run)
        run.send_signal(signal.SIGINT)
        output = self.finish(run)
        self.assert_nothing_left()
        results = self.journal()
        self.assertTrue(0 < len(results) < 90, output)
        self.assertEqual(max(Counter(one["case"] for one in results).values()), 1, output)
        self.assertLessEqual({one["status"] for one in results}, {"Same", "Cancelled"})
        # What was decided is kept, and the rest can be gone on with.
        again = self.slurm("-Resume", *SLOW)
        output = self.finish(again)
        self.assertEqual({one["case"]: one["status"] for one in self.journal()}, expected, output)

    def test_a_run_that_was_killed_finds_its_tasks_again(self):
        expected = self.cases(90, kinds=1)
        run = self.slurm(*SLOW)
        self.wait_until_busy(run)
        run.kill()
        run.communicate()
        before = set(self.cluster.states())
        self.assertTrue(self.cluster.ask("squeue", "-h").split(), "The tasks go on without it.")
        again = self.slurm("-Resume", *SLOW)
        output = self.finish(again)
        self.assertIn("of the run before are gone on with", output)
        self.assert_right(expected, output)
        self.assertEqual(again.returncode, 0, output)
        self.assertEqual(set(self.cluster.states()) - before, set(), "It handed nothing in again.")
        self.assert_nothing_left()

    def test_a_run_of_another_comparer_ends_the_tasks_of_a_killed_one(self):
        expected = self.cases(60, kinds=1)
        run = self.slurm(*SLOW)
        self.wait_until_busy(run)
        run.kill()
        run.communicate()
        jobs = set(self.cluster.ask("squeue", "-h", "-o", "%F").split())
        output = self.finish(self.slurm("-Resume"))
        self.assertEqual({one["case"]: one["status"] for one in self.journal()}, expected, output)
        self.assertFalse(jobs & set(self.cluster.ask("squeue", "-h", "-o", "%F").split()))
        self.assert_nothing_left()

    def test_what_cannot_be_is_told_before_anything_starts(self):
        self.cases(3)
        # All that there is, but for sbatch.
        tools = self.folder / "bin"
        tools.mkdir()
        for folder in os.environ["PATH"].split(os.pathsep):
            for tool in os.scandir(folder) if os.path.isdir(folder) else ():
                if tool.name != "sbatch" and not os.path.lexists(tools / tool.name):
                    (tools / tool.name).symlink_to(tool.path)
        for words, environment, told in [
            (["-SlurmPartition", "nowhere"], {}, "no partition 'nowhere'. There are: compare"),
            (["-SlurmPartition", "empty"], {}, "no partition 'empty'"),
            (["-CaseMemoryLimit", "8GB"], {}, "more than"),
            (["-SlurmOption", "--constraint=gpu"], {}, "Slurm would not run"),
            ([], {"SLURM_CONF": "/nowhere"}, "Slurm does not answer"),
            ([], {"PATH": str(tools)}, "sbatch is not on the PATH"),
        ]:
            with self.subTest(told=told):
                run = self.slurm(*words, **environment)
                output = self.finish(run)
                self.assertIn(told, " ".join(output.split()))
                self.assertEqual(run.returncode, 3)
                self.assertFalse((self.folder / "out").exists())

    def compared(self, out):
        return {one["case"]: {name: one.get(name) for name in COMPARED} for one in self.journal(out)}


class WithALostNode(Runs):
    def test_nothing_is_lost_and_nothing_comes_twice(self):
        expected = self.cases(120, kinds=2)
        run = self.slurm(*SLOW)
        self.wait_until_busy(run)
        self.cluster.kill_node("n2")
        output = self.finish(run)
        self.assert_right(expected, output)
        self.assertIn("wait again (task", output, "A task was lost.")
        self.assertEqual(run.returncode, 1, output)


@unittest.skipUnless(bounds_memory(), "There is no v1 memory controller to write to: Slurm cannot keep a task within its memory here.")
class WithLittleMemory(Runs):
    nodes, cores = 1, 8  # a case of which nothing is known gets a core's share: 512 MB

    def test_a_case_over_its_memory_is_tried_one_class_up(self):
        expected = self.cases(6, kinds=1) | {"big": "Changed"}
        for side in "base", "cand":
            (self.folder / side / "big").write_text(side)
        run = self.slurm(*HUNGRY)
        output = self.finish(run)
        self.assert_right(expected, output)
        big = next(one for one in self.journal() if one["case"] == "big")
        self.assertEqual((big["attempts"], big["reserved"]), (2, 1 << 30), output)
        self.assertGreater(big["peakMemory"], 700 << 20)
        # Whether the kernel or the task's own watch was first is a matter of milliseconds; both are told as this.
        self.assertIn("1 of its 7 cases wait again (its time was over, or memory short)", output)

    def test_a_case_over_all_memory_is_told_so(self):
        for side in "base", "cand":
            (self.folder / side).mkdir()
            (self.folder / side / "big").write_text(side)
        run = self.slurm("-OomRetry", "0", *HUNGRY)
        output = self.finish(run)
        self.assert_right({"big": "OutOfMemory"}, output)
        self.assertEqual(run.returncode, 2)


if __name__ == "__main__":
    unittest.main()

"""samples/buildbot end to end: a real master and a real worker on loopback, changes in, results from the database.

    python3 -m unittest -v tests/buildbot/test_compare_step.py

One master and one worker serve all tests. They live in a private folder, the master takes a port that the system
gives it, and both are ended with the tests, or after LIFE seconds when these are killed.
"""

import base64
import bz2
import json
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "buildbot"
PATIENCE = 240  # seconds for the start, and for each build; on a machine that is free each takes a few
LIFE = 1200  # seconds, whatever becomes of the tests
SUCCESS, WARNINGS, FAILURE = 0, 1, 2  # buildbot.process.results

# The sample as it is, and the same builder with a comparer that cannot compare, for changes of the branch "broken".
MASTER = """
exec(compile(open("master.cfg").read(), "master.cfg", "exec"))
c["builders"].append(util.BuilderConfig(
    name="broken", workernames=["worker"], factory=compare_factory(["sh", "-c", "exit 7"]),
    defaultProperties=c["builders"][0].defaultProperties))
c["schedulers"].append(schedulers.SingleBranchScheduler(
    name="broken", change_filter=util.ChangeFilter(branch="broken"), builderNames=["broken"]))
"""

# What is analysed, and what a revision changes.
BASELINE = {
    "clean.c": "int one(void) { return 1; }\n",
    "src/warns.c": "int two(int unused) { return 2; }\n",
}
SAME = {"clean.c": "int one(void) { return 1; }\n/* The compiler says nothing of this. */\n"}
DIFFERENT = {"src/warns.c": "int two(int unused) { int also; return 2; }\n"}
MORE = {"more.c": "int three;\n"}


def missing():
    """Why nothing can be tested here; nothing if all is there."""
    tools = {"buildbot": "buildbot", "buildbot-worker": "buildbot-worker", "git": "git", "cc": "gcc"}
    absent = [package for tool, package in tools.items() if shutil.which(tool) is None]
    return f"Packages that are not installed: {', '.join(absent)}." if absent else ""


def run(*words, **options):
    """A command that must succeed; its output."""
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout.strip()


def wait_for(found, what, log):
    """What found() gives as soon as it is something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (result := found()) is not None:
            return result
        time.sleep(0.1)
    tail = log.read_text(errors="replace")[-4000:] if log.exists() else "(no log)"
    raise AssertionError(f"{what} did not come within {PATIENCE} s. {log.name} ends with:\n{tail}")


class Repository:
    """A git repository: a tag "baseline", and revisions after it, each on top of the last."""

    def __init__(self, folder):
        self.folder = folder
        self._git("init", "--quiet", "--initial-branch=main")
        self.commit(BASELINE)
        self._git("tag", "baseline")

    def commit(self, files, branch="main"):
        """A revision that changes these files, and a branch that ends with it; its hash."""
        for name, text in files.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(text)
        self._git("add", "--all")
        self._git("-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "--message=a revision")
        if branch != "main":
            self._git("branch", "--force", branch)
        return self._git("rev-parse", "HEAD")

    def _git(self, *words):
        return run("git", "-C", self.folder, *words)


class Buildbot:
    """The sample's master and one worker."""

    def __init__(self, folder, sources):
        self._master, self._worker = folder / "master", folder / "worker"
        self._daemons, self._senders = [], []
        self._password = secrets.token_urlsafe(24)
        self._environment = dict(os.environ, DEFRAGGER=str(ROOT), SOURCES=str(sources), PORT="0", PYTHONUNBUFFERED="1")

        run("buildbot", "create-master", "--relocatable", "--config=test.cfg", self._master)
        for file in "master.cfg", "defragger.py":
            shutil.copy(SAMPLE / file, self._master)
        (self._master / "test.cfg").write_text(MASTER)
        (self._master / "secrets").mkdir(mode=0o700)
        for name in "worker", "changes":
            secret = self._master / "secrets" / name
            secret.touch(mode=0o600)
            secret.write_text(self._password)

    def start(self):
        self._start("buildbot", self._master)
        log = self._master / "twistd.log"
        self._port = wait_for(lambda: self._listening(log), "The master's port", log)
        run("buildbot-worker", "create-worker", "--relocatable", self._worker, f"127.0.0.1:{self._port}", "worker", self._password)
        self._start("buildbot-worker", self._worker)

    def _start(self, program, folder):
        # In the foreground, so that it is a child that can be ended; by "timeout", so that it ends without us too.
        self._daemons.append(subprocess.Popen(
            ["timeout", "--kill-after=5", str(LIFE), program, "start", "--nodaemon", folder],
            env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def _listening(self, log):
        if self._daemons[0].poll() is not None:
            raise AssertionError(f"The master did not start:\n{log.read_text() if log.exists() else '(no log)'}")
        found = re.search(r"starting on (\d+)", log.read_text()) if log.exists() else None
        return found and int(found[1])

    def stop(self):
        processes = [*self._senders, *reversed(self._daemons)]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def send(self, revision, branch="main", **properties):
        """Sends a change; it is on its way when this returns."""
        self._senders.append(subprocess.Popen(
            ["buildbot", "sendchange", f"--master=127.0.0.1:{self._port}", f"--auth=changes:{self._password}", "--who=test",
             f"--branch={branch}", f"--revision={revision}", "--vc=git",
             *(f"--property={name}:{value}" for name, value in properties.items()), "some.c"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        return revision

    def build(self, revision):
        """The build that a change led to, when it has ended."""
        found = wait_for(lambda: self._ended(revision), "The end of the build", self._master / "twistd.log")
        return Build(*found, self._database())

    def _database(self):
        return sqlite3.connect(f"file:{self._master / 'state.sqlite'}?mode=ro", uri=True, timeout=PATIENCE)

    def _ended(self, revision):
        with self._database() as database:
            return database.execute(
                "SELECT b.id, b.results FROM builds b JOIN buildrequests r ON r.id = b.buildrequestid"
                " JOIN buildset_sourcestamps bs ON bs.buildsetid = r.buildsetid"
                " JOIN sourcestamps s ON s.id = bs.sourcestampid WHERE s.revision = ? AND b.complete_at IS NOT NULL",
                (revision,)).fetchone()


class Build:
    """What the master's database says of a build."""

    def __init__(self, number, result, database):
        self.result = result
        with database:
            self.properties = {
                name: (json.loads(value), source)
                for name, value, source in database.execute("SELECT name, value, source FROM build_properties WHERE buildid = ?", (number,))}
            self.steps = {
                name: (result, text)
                for name, result, text in database.execute("SELECT name, results, state_string FROM steps WHERE buildid = ?", (number,))}
            self.logs = {
                f"{step}/{log}": self._text(database, kind, identity)
                for step, log, kind, identity in database.execute(
                    "SELECT s.name, l.name, l.type, l.id FROM logs l JOIN steps s ON s.id = l.stepid WHERE s.buildid = ?", (number,))}
        database.close()

    @staticmethod
    def _text(database, kind, log):
        unpack = {0: lambda chunk: chunk, 1: zlib.decompress, 2: bz2.decompress}
        chunks = database.execute("SELECT compressed, content FROM logchunks WHERE logid = ? ORDER BY first_line", (log,))
        text = "\n".join(unpack[how](chunk).decode() for how, chunk in chunks)
        # Each line of output begins with a letter: o, e, or h for what Buildbot says itself.
        return "\n".join(line[1:] for line in text.split("\n")) if kind == "s" else text


@unittest.skipIf(missing(), missing())
class CompareStep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="defrag-buildbot-")
        cls.addClassCleanup(folder.cleanup)
        (sources := Path(folder.name) / "sources").mkdir()
        repository = Repository(sources)
        revisions = {
            "same": repository.commit(SAME),
            "different": repository.commit(DIFFERENT),
            "no baseline": repository.commit(MORE),
            "bad input": repository.commit({"more.c": ""}),
            "broken": repository.commit(BASELINE, branch="broken"),
        }
        cls.buildbot = Buildbot(Path(folder.name), sources)
        cls.addClassCleanup(cls.buildbot.stop)
        cls.buildbot.start()
        # All at once: while one change is built the next one is sent, which takes as long.
        cls.changes = {
            "same": cls.buildbot.send(revisions["same"]),
            "different": cls.buildbot.send(revisions["different"], throttle="1", memory_budget="75%"),
            "no baseline": cls.buildbot.send(revisions["no baseline"], baseline="--output=/tmp/x"),
            "bad input": cls.buildbot.send(revisions["bad input"], throttle="all"),
            "broken": cls.buildbot.send(revisions["broken"], branch="broken"),
        }

    def test_a_revision_of_which_the_same_is_said_is_a_success(self):
        build = self.build("same")

        self.assertEqual(build.steps["compare"][0], SUCCESS, build.logs["compare/stdio"])
        self.assertEqual(build.result, SUCCESS)
        self.assertRegex(build.steps["compare"][1], r"^2 cases in .*: 2 same")
        self.assertEqual(self.statuses(build), {"clean.c.txt": "Same", "src/warns.c.txt": "Same"})

    def test_a_revision_of_which_something_else_is_said_has_warnings(self):
        build = self.build("different")

        self.assertEqual(build.steps["compare"][0], WARNINGS, build.logs["compare/stdio"])
        self.assertEqual(build.result, WARNINGS)
        self.assertEqual(self.statuses(build), {"clean.c.txt": "Same", "src/warns.c.txt": "Changed"})
        # What the change asked for arrived, what it did not is as the master says.
        self.assertEqual(build.properties["throttle"], ("1", "Change"))
        self.assertEqual(build.properties["baseline"], ("baseline", "Builder"))
        self.assertIn("-ThrottleLimit 1 -MemoryBudget 75%", build.logs["compare/stdio"])
        # The graph is an image by itself, whatever a browser thinks of the page around it.
        image = re.fullmatch(r'<img alt="memory" src="data:image/svg\+xml;base64,([^"]*)">\n*', build.logs["compare/memory.svg"])
        self.assertIn(b"</svg>", base64.b64decode(image[1]))

    def test_a_comparer_that_cannot_compare_is_a_failure(self):
        build = self.build("broken")

        self.assertEqual(build.steps["compare"][0], FAILURE, build.logs["compare/stdio"])
        self.assertEqual(build.result, FAILURE)
        self.assertEqual(self.statuses(build)["clean.c.txt"], "Error")
        self.assertIn("the comparer exited with 7", build.logs["compare/stdio"])
        self.assertIn("compare/memory.svg", build.logs)

    def test_bad_input_is_a_failure_without_the_logs_of_another_build(self):
        build = self.build("bad input")

        self.assertEqual(build.steps["compare"], (FAILURE, "ended without a summary (failure)"))
        self.assertIn("Cannot bind parameter 'ThrottleLimit'", build.logs["compare/stdio"])
        self.assertIn("exit code 3", build.logs["compare/stdio"])
        self.assertNotIn("compare/memory.svg", build.logs)
        self.assertNotIn("compare/journal.jsonl", build.logs)

    def test_a_baseline_that_is_not_there_is_a_failure_before_anything_is_compared(self):
        build = self.build("no baseline")

        self.assertEqual(build.steps["baseline"][0], FAILURE)
        self.assertIn("'--output=/tmp/x' is no revision of 'source'", build.logs["baseline/stdio"])
        self.assertNotIn("compare", build.steps)

    def build(self, change):
        return self.buildbot.build(self.changes[change])

    @staticmethod
    def statuses(build):
        lines = [json.loads(line) for line in build.logs["compare/journal.jsonl"].splitlines() if line]
        return {line["result"]["case"]: line["result"]["status"] for line in lines if "result" in line}


if __name__ == "__main__":
    unittest.main()

"""multiprocessing.Pool over pages that are merged: forked workers write to what they share with their parent, both
merge again while the other does, and each finds what it wrote."""

import multiprocessing
import os

import defragger
import support

WORKERS, TASKS, ROUNDS = 4, 8, 2


def sparse(seed):
    """A few small objects of many, scattered over all of their pages."""
    return [[number + seed, str(number) * 4] for number in range(100_000)][::20]


def holds(kept, seed):
    return kept == [[number + seed, str(number) * 4] for number in range(0, 100_000, 20)]


def merges():
    return defragger.stats().merging["merges"]


class Worker:
    """What a forked worker has: its parent's objects, as they were when it was forked, and what its tasks did since."""

    kept = own = None
    seed = 0

    @classmethod
    def run(cls, task):
        """Gives whether all was as it was left, before and after it wrote and merged, and how many pages it has merged."""
        before, good = merges(), holds(cls.kept, cls.seed)
        for each in cls.kept:
            each[0] += task
        cls.seed += task
        if cls.own is not None:
            good = good and holds(*cls.own)
        cls.own = sparse(task), task
        defragger.compact()
        good = good and holds(cls.kept, cls.seed) and holds(*cls.own)
        return good, merges() - before


class Pool(support.Case):
    def test_workers_and_their_parent_merge_and_write_and_lose_nothing(self):
        # Workers end after a few tasks: others are forked, by a thread, in the middle of all that.
        Worker.kept = kept = sparse(0)
        defragger.compact()
        self.assertGreater(defragger.stats().merging["merged"], 4 << 20)
        with multiprocessing.get_context("fork").Pool(WORKERS, maxtasksperchild=2) as pool:
            for turn in range(1, ROUNDS + 1):
                self.assertEqual(pool.map(len, [[0] * 5] * 40), [5] * 40)
                results = pool.map_async(Worker.run, range(1, TASKS + 1), chunksize=1)
                extra = sparse(turn)
                defragger.compact()
                self.assertTrue(holds(extra, turn))
                answers = results.get(100)
                self.assertEqual([good for good, _ in answers], [True] * TASKS)
                self.assertGreater(sum(count for _, count in answers), 1000 * TASKS)
                self.assertTrue(holds(kept, 0))
        self.assertTrue(holds(kept, 0))


class Settings(support.Case):
    def test_so_it_is_when_pages_are_merged_by_themselves_too(self):
        done = support.start("-B", os.path.abspath(__file__), "Pool", DEFRAG_TEST_STOCK=support.STOCK,
                             DEFRAGGER_MERGE="auto", DEFRAGGER_DECAY_MS="40")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


# Every process of the run has sparse pages, and merges them before and after each fork.
CUSTOMIZED = """
import atexit, os, sys, defragger
_kept = [[number, str(number) * 4] for number in range(200_000)][::40]
def _merge():
    defragger.compact()
    if _kept != [[number, str(number) * 4] for number in range(0, 200_000, 40)]:
        os.write(2, b"a merged object has changed\\n")
        os.abort()
    _kept[:] = [[number, text[:]] for number, text in _kept]
os.register_at_fork(before=_merge, after_in_child=_merge)
@atexit.register
def _end():
    _merge()
    print("merges:", defragger.stats().merging["merges"])
"""


class Suite(support.Case):
    TESTS = ("*ProcessesTestPool*", "*ProcessesTestQueue*", "*ProcessesTestConnection*", "*ForkAwareThreadLock*")
    # It takes every descriptor below 256 that is free, by dup2. Linux answers EBUSY when another thread, which is ours
    # here, is just about to have that number.
    NOT = "test_large_fd_transfer"

    def test_pythons_own_tests_of_it_pass(self):
        if support.start("-c", "import test.regrtest, test.test_multiprocessing_fork").returncode != 0:
            self.skipTest("this Python has no tests of its own (libpython3-testsuite)")
        with open(self.path("sitecustomize.py"), "w", encoding="ascii") as file:
            file.write(CUSTOMIZED)
        words = [word for test in self.TESTS for word in ("-m", test)]
        done = support.start("-m", "test", "-q", "test_multiprocessing_fork", *words, "-i", self.NOT, PYTHONPATH=self.folder,
                             DEFRAGGER_MERGE="auto", DEFRAGGER_DECAY_MS="40", TMPDIR=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("merged object", done.stdout + done.stderr)
        counts = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("merges:")]
        self.assertGreater(max(counts, default=0), 1000, done.stdout + done.stderr)


if __name__ == "__main__":
    support.main()

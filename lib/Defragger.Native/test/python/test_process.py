"""Processes, threads and interpreters of a Python on Defragger."""

import os
import signal
import sys
import threading
import time
import unittest

import defragger
import support

try:
    import _interpreters as interpreters  # 3.13
except ImportError:
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        interpreters = None


def churn(stop):
    """Allocates and frees in all domains: objects, buffers, and the raw one by a lock of its own each turn."""
    turn = 0
    while not stop.is_set():
        turn += 1
        {str(number): [number] * (turn % 50) for number in range(200)}
        bytearray(turn * 997 % 100000)
        threading.Lock()


def churn_in_child():
    kept = [{"number": number, "text": "x" * (number % 300)} for number in range(5000)]
    thread = threading.Thread(target=lambda: kept.extend(map(str, range(5000))))
    thread.start()
    thread.join()
    return len(kept) == 10000 and defragger.trim() >= 0


class Forks(support.Case):
    FORKS, THREADS = 60, 4

    def test_a_child_can_allocate_whatever_other_threads_were_doing(self):
        stop, good = threading.Event(), 0
        threads = [threading.Thread(target=churn, args=(stop,)) for _ in range(self.THREADS)]
        for thread in threads:
            thread.start()
        for _ in range(self.FORKS):
            child = os.fork()
            if child == 0:
                signal.alarm(20)  # a lock that nobody holds any more would never be free
                os._exit(0 if churn_in_child() else 1)
            good += os.waitpid(child, 0)[1] == 0
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(good, self.FORKS)

    def test_a_child_gives_memory_back_too(self):
        code = ("import os, time, defragger\nkept = [bytearray(500) for _ in range(100000)][::100]\n"
                "child = os.fork()\nif child == 0:\n"
                "    del kept\n    again = [bytearray(500) for _ in range(100000)]\n    del again\n"
                "    end = time.monotonic() + 20\n"
                "    while defragger.stats().dirty > 4 << 20 and time.monotonic() < end: time.sleep(0.1)\n"
                "    os._exit(0 if defragger.stats().dirty <= 4 << 20 else 1)\n"
                "print(json.dumps(os.waitpid(child, 0)[1]))")
        self.assertEqual(support.value_of(code), 0)


class Memory(support.Case):
    def test_it_goes_back_by_itself_while_nothing_is_called(self):
        kept = [bytearray(500) for _ in range(200000)][::100]
        freed = defragger.stats()
        end = time.monotonic() + 20
        while defragger.stats().dirty > 4 << 20 and time.monotonic() < end:
            time.sleep(0.1)
        rested = defragger.stats()
        self.assertEqual(len(kept), 2000)
        self.assertGreater(rested.purged - freed.purged, 40 << 20)


@unittest.skipIf(interpreters is None, "this Python has no module for subinterpreters")
class Interpreters(support.Case):
    def test_each_can_use_the_module_and_be_ended(self):
        code = ("import defragger\nassert defragger.stats().domains['obj'] == 'defragger'\n"
                "kept = [str(number) for number in range(20000)]\nassert defragger.trim() >= 0\n"
                "assert defragger.settings['enabled']\n")
        for turn in range(5):
            interpreter = interpreters.create()
            problem = interpreters.run_string(interpreter, code)
            self.assertIsNone(problem)
            interpreters.destroy(interpreter)
            if turn == 0:
                before = defragger.stats().live
        self.assertLess(defragger.stats().live - before, 8 << 20)

    @unittest.skipIf(sys.version_info < (3, 12), "before 3.12 interpreters share one lock, and in 3.11.7 their threads hang")
    def test_they_run_side_by_side(self):
        # Each has a lock of its own, so that all domains are called by several threads at once.
        code = ("import defragger\nfor turn in range(60):\n"
                "    {str(n): [n] * (turn % 50) for n in range(2000)}\n    bytearray(turn * 9973)\n"
                "defragger.stats()\n")
        problems = []
        threads = [threading.Thread(target=lambda one=one: problems.append(interpreters.run_string(one, code)))
                   for one in [interpreters.create() for _ in range(4)]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(problems, [None] * 4)


if __name__ == "__main__":
    support.main()

"""What the tests of a Python on Defragger share: each runs under that Python, and starts it again for what ends it.

    PYTHON test_NAME.py [TEST...]

DEFRAG_TEST_STOCK is the Python that it was linked from. What is not installed counts as skipped, and is named; a run
of which all was skipped ends with 77.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

STOCK = os.environ.get("DEFRAG_TEST_STOCK") or sys.exit("DEFRAG_TEST_STOCK must be the path of the Python it was linked from")
SKIPPED = 77


def environment(**settings):
    """This process' own, without what would change a Python or the allocator, and with the settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DEFRAGGER"))}
    return {**kept, **settings}


def start(*words, python=sys.executable, **settings):
    """Runs a Python with these words to its end; gives what subprocess.run gives, output as text."""
    return subprocess.run([python, *words], env=environment(**settings), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, errors="replace", timeout=120)


def value_of(code, *options, python=sys.executable, **settings):
    """What a Python prints as JSON; it has `json` and `sys`."""
    done = start(*options, "-c", "import json, sys\n" + code, python=python, **settings)
    if done.returncode != 0:
        raise AssertionError(f"{options} {settings}: ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


class Case(unittest.TestCase):
    """A test with a folder of its own, by name `self.folder`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)


def main():
    result = unittest.main(exit=False, verbosity=2).result
    for _, reason in result.skipped:
        print("skipped:", reason)
    if not result.wasSuccessful() or result.testsRun == 0:
        sys.exit(1)
    sys.exit(SKIPPED if len(result.skipped) == result.testsRun else 0)

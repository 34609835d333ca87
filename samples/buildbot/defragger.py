"""A Buildbot step that compares a baseline's results with a candidate's. Lies beside master.cfg.

1. No shell: the command is a list, and a property is one word of it or a part of one.
2. The exit code is the result: 0 SUCCESS, 1 (differences) WARNINGS, anything else FAILURE.
3. The journal and the graph of memory become logs of the step, whatever the result is; never those of another build.
"""

import base64
import re

from buildbot.plugins import steps
from buildbot.process.logobserver import LogLineObserver
from buildbot.process.results import SUCCESS, WARNINGS
from buildbot.steps.worker import CompositeStepMixin
from twisted.internet import defer


class Compare(CompositeStepMixin, steps.ShellCommand):
    """./defrag Invoke-DefragCompare baseline candidate, with what else the words say.

    defragger: the worker's clone of Defragger. baseline, candidate: folders, relative to the step's own.
    words: more arguments. comparer: a program of one's own and its arguments instead of the built-in comparer.
    """

    name = "compare"
    description = ["comparing"]
    descriptionDone = ["ended without a summary"]  # until there is one
    decodeRC = {0: SUCCESS, 1: WARNINGS}
    warnOnWarnings = True  # else the build of a step with warnings is a success
    timeout = None  # a case may be silent for long; -TimeoutSeconds ends one that hangs
    sigtermTime = 30  # a build that is stopped: first a signal that lets the run end its cases, then SIGKILL
    logEnviron = False  # who reads the log need not know the worker's environment

    output = "compare"  # beside the results

    def __init__(self, defragger, baseline, candidate, words=(), comparer=(), **kwargs):
        command = [f"{defragger}/defrag", "Invoke-DefragCompare", baseline, candidate]
        command += ["-OutputDirectory", self.output, *words]
        command += ["--", *comparer] if comparer else []
        logfiles = {"journal.jsonl": {"filename": f"{self.output}/journal.jsonl", "follow": False}}
        super().__init__(command=command, logfiles=logfiles, lazylogfiles=True, **kwargs)
        self.addLogObserver("stdio", Summary())

    @defer.inlineCallbacks
    def run(self):
        # Bad input ends the run before it writes anything: what is there then would be the last build's.
        yield self.runRmdir(f"{self.workdir}/{self.output}")
        result = yield super().run()
        graph = yield self.getFileContentFromWorker(f"{self.output}/memory.svg")
        if graph:
            # As an image a browser shows it, and runs no script that a worker may have put there.
            image = base64.encodebytes(graph.encode()).decode()
            yield self.addHTMLLog("memory.svg", f'<img alt="memory" src="data:image/svg+xml;base64,\n{image}">')
        return result


class Summary(LogLineObserver):
    """Takes the line "93 cases in 0.29 s: 27 same, 51 changed" for the step's text."""

    def outLineReceived(self, line):
        if re.match(r"\d+ cases? in ", line):
            self.step.descriptionDone = [line]

"""Runs a script as `python SCRIPT WORD...` would, with the probe beside it.

    python defragger_run.py SAMPLES INTERVAL_MS SCRIPT [WORD...]

The script finds sys.argv, sys.path[0], __main__ and its own traceback as it would without us: __main__ is emptied of
what is here, so nothing here may be used after that.
"""


def _main():
    import os
    import sys

    import _defragger_probe as probe  # beside this file: sys.path[0] is ours until here

    samples, interval, script = sys.argv[1:4]
    sys.argv[:] = sys.argv[3:]
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    names = sys.modules["__main__"].__dict__
    for name in [name for name in names if name not in ("__name__", "__builtins__")]:
        del names[name]
    probe.run(script, names, probe.Probe(samples, int(interval) / 1000))


_main()

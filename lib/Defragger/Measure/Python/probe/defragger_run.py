"""Runs a script as `python SCRIPT WORD...` would, with the probe beside it.

    python defragger_run.py SAMPLES INTERVAL_MS SCRIPT [WORD...]

The script finds sys.argv, sys.path[0], __main__ and its own traceback as it would without us: __main__ is emptied of
what is here, so nothing here may be used after that.
"""


def _main():
    import os
    import sys

    safe = getattr(sys.flags, "safe_path", False)  # -P, -I, PYTHONSAFEPATH: no script's folder is in sys.path
    if safe:
        sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
    import _defragger_probe as probe  # beside this file: sys.path[0] is ours until here

    samples, interval, script = sys.argv[1:4]
    sys.argv[:] = sys.argv[3:]
    if safe:
        del sys.path[0]
    else:
        sys.path[0] = os.path.dirname(os.path.realpath(script))
    names = sys.modules["__main__"].__dict__
    for name in [name for name in names if name not in ("__name__", "__builtins__")]:
        del names[name]
    probe.run(script, names, probe.Probe(samples, int(interval) / 1000))


_main()

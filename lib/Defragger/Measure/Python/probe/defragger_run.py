"""Runs a script as `python SCRIPT WORD...` would, with the probe beside it.

    python defragger_run.py SAMPLES INTERVAL_MS SCRIPT [WORD...]

The script finds sys.argv, sys.path[0], __main__ and its own traceback as it would without us.
"""

import sys


def _prepare():
    samples, interval, script = sys.argv[1:4]
    import _defragger_probe as probe  # beside this file: sys.path[0] is ours until here

    import os

    sys.argv[:] = sys.argv[3:]
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    with open(script, "rb") as file:
        code = compile(file.read(), script, "exec")
    return code, script, probe.Probe(samples, int(interval) / 1000)


def _show(error):
    """The traceback from the script's own first line on."""
    inner = error.__traceback__.tb_next.tb_next if error.__traceback__.tb_next else None
    sys.excepthook(type(error), error.with_traceback(inner), inner)


def _run(code, names):
    exec(code, names)


def _main():
    from importlib.machinery import SourceFileLoader

    try:
        code, script, probe = _prepare()
    except (OSError, SyntaxError, ValueError) as error:
        sys.excepthook(type(error), error.with_traceback(None), None)
        sys.exit(2 if isinstance(error, OSError) else 1)
    names = sys.modules["__main__"].__dict__
    ours = _run, _show
    for name in [name for name in names if name not in ("__name__", "__builtins__")]:
        del names[name]
    names.update(__file__=script, __doc__=None, __package__=None, __spec__=None, __cached__=None,
                 __loader__=SourceFileLoader("__main__", script), __annotations__={})
    run, show = ours
    probe.start()
    try:
        run(code, names)
    except SystemExit:
        raise
    except BaseException as error:
        show(error)
        if isinstance(error, KeyboardInterrupt):
            sys.exit(130)
        sys.exit(1)


_main()

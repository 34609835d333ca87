# Loads compiled extensions and lets them work: numpy and lxml where they are installed, and one of the standard library.
# Prints {name: answer}; a Python and its relative on another allocator must print the same.
import importlib
import json
import os
import sysconfig


def numpy():
    import numpy
    made = numpy.arange(250_000, dtype=float).reshape(500, 500)
    grown = numpy.arange(10)
    grown.resize(100_000, refcheck=False)
    ordered = numpy.sort(numpy.random.default_rng(1).random(100_000))
    names = numpy.array(["name %d" % number for number in range(20_000)], dtype=object)
    return [float((made @ made.T).trace()), int(grown.sum()), float(ordered[500]), len(set(names[::7]))]


def lxml():
    import lxml.etree as etree
    root = etree.Element("cases")
    for number in range(5_000):
        etree.SubElement(root, "case", name=str(number)).text = "x" * (number % 50)
    again = etree.fromstring(etree.tostring(root))
    for case in again.xpath("case[position() mod 3 = 0]"):
        again.remove(case)
    return [len(again), sum(len(case.text or "") for case in again)]


def standard():
    """The first extension of the standard library that is a file: its name and what it holds."""
    for name in "_ctypes _decimal _ssl _hashlib _bz2 _lzma _json _queue _asyncio".split():
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        file = getattr(module, "__file__", None) or ""
        if file.endswith(sysconfig.get_config_var("EXT_SUFFIX")):
            return os.path.basename(file), sorted(dir(module))
    return None


answers = {}
for load in numpy, lxml:
    try:
        answers[load.__name__] = load()
    except ModuleNotFoundError:
        pass
found = standard()
if found:
    answers[found[0]] = found[1]
print(json.dumps(answers))

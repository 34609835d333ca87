"""A compiled extension of the distribution, made for its own Python, works in ours: test_extension.py numpy|lxml

Its folder is taken from the Python that ours was linked from; where that has none, this counts as skipped.
"""

import json
import sys
import unittest

import support

NUMPY = """
import numpy
made = numpy.arange(1_000_000, dtype=float).reshape(1000, 1000)
product = made @ made.T
sorted_ = numpy.sort(numpy.random.default_rng(1).random(300_000))
grown = numpy.arange(10)
grown.resize(100_000, refcheck=False)
names = numpy.array([f"name {number}" for number in range(20_000)], dtype=object)
print(json.dumps([float(product.trace()), bool((numpy.diff(sorted_) >= 0).all()), int(grown.sum()),
                  len(set(names[::7]))]))
"""

LXML = """
import lxml.etree as etree
root = etree.Element("cases")
for number in range(20_000):
    etree.SubElement(root, "case", name=str(number)).text = "x" * (number % 50)
again = etree.fromstring(etree.tostring(root))
for case in again.xpath("case[position() mod 3 = 0]"):
    again.remove(case)
print(json.dumps([len(again), sum(len(case.text or "") for case in again), again[-1].get("name")]))
"""

EXTENSIONS = {"numpy": NUMPY, "lxml": LXML}


class Extension(unittest.TestCase):
    name = "numpy"

    def test_it_gives_the_same_answers(self):
        stock = support.start("-c", "import json\n" + EXTENSIONS[self.name], python=support.STOCK)
        if "ModuleNotFoundError" in stock.stderr:
            self.skipTest(f"{support.STOCK} has no {self.name}: apt-get install python3-{self.name}")
        self.assertEqual(stock.returncode, 0, stock.stderr)
        code = EXTENSIONS[self.name] + "import defragger\nassert defragger.stats().domains['obj'] == 'defragger'\n"
        self.assertEqual(support.value_of(code), json.loads(stock.stdout))
        counted = "import defragger\nprint(json.dumps([one['foreign'] for one in defragger.stats().probe.values()]))"
        quiet = EXTENSIONS[self.name].replace("print(", "(")
        self.assertEqual(support.value_of(quiet + counted, DEFRAGGER_PROBE="1"), [0, 0, 0])


if __name__ == "__main__":
    Extension.name = sys.argv.pop(1)
    support.main()

"""Sizes and shapes of the programs here: as they are without a seed, drawn from it with one.

    python3 PROGRAM.py [SEED]
"""

import random
import sys

draw = random.Random(sys.argv[1] if len(sys.argv) > 1 else None)
varied = len(sys.argv) > 1


def between(least, most):
    """The middle, or a number drawn from the range."""
    return draw.randint(least, most) if varied else (least + most) // 2


def one_of(*choices):
    return draw.choice(choices) if varied else choices[0]

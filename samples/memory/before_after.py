"""Runs both tests of stages.py on stock Python and on the same with Defragger's malloc, and draws what they held.

    python3 samples/memory/before_after.py [PICTURE.svg [BLOCKS [STRINGS]]]

524,288 blocks and a million strings by default, half a minute. Needs ./defrag build.
"""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LIBRARY = HERE.parents[1] / "artifacts/native/libdefragger.so"
STAGES = "before", "middle", "after"
COLOURS = {"stock": "#c05621", "Defragger": "#2b6cb0"}
MB = 1 << 20


def run(test, count, variables):
    """Bytes by stage."""
    done = subprocess.run([sys.executable, HERE / "stages.py", test, str(count)], env={**os.environ, **variables},
                          stdout=subprocess.PIPE, check=True, text=True)
    held = {name: int(size) for name, size in map(str.split, done.stdout.splitlines())}
    if tuple(held) != STAGES:
        sys.exit(f"before_after: stages.py printed {done.stdout!r}")
    return held


def panel(x, title, runs):
    """Bars of one test: three stages, two of each."""
    most = max(max(held.values()) for held in runs.values())
    yield f'<text x="{x}" y="30" font-size="15">{title}</text>'
    yield f'<line x1="{x}" x2="{x + 370}" y1="260" y2="260" stroke="#718096"/>'
    for number, name in enumerate(STAGES):
        left = x + 10 + number * 125
        yield f'<text x="{left + 50}" y="280" font-size="12" text-anchor="middle">{name}</text>'
        for place, (who, held) in enumerate(runs.items()):
            height, at = held[name] / most * 190, left + place * 52
            yield f'<rect x="{at}" y="{260 - height:.1f}" width="46" height="{height:.1f}" fill="{COLOURS[who]}"/>'
            yield f'<text x="{at + 23}" y="{253 - height:.1f}" font-size="11" text-anchor="middle">{held[name] / MB:.1f}</text>'


def draw(path, tests):
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" width="840" height="330" font-family="Arial, Helvetica, sans-serif">',
             '<rect width="100%" height="100%" fill="#fff"/>']
    for number, (title, runs) in enumerate(tests.items()):
        lines += panel(30 + number * 410, title, runs)
    for place, (who, colour) in enumerate(COLOURS.items()):
        lines.append(f'<rect x="{30 + place * 110}" y="300" width="12" height="12" fill="{colour}"/>'
                     f'<text x="{48 + place * 110}" y="310" font-size="12">{who}</text>')
    lines.append('<text x="260" y="310" font-size="12" fill="#4a5568">resident MB without a file behind it</text>')
    beside = path.with_name(path.name + ".new")
    beside.write_text("\n".join([*lines, "</svg>", ""]), encoding="utf-8")
    beside.replace(path)


def main(picture="before-after.svg", blocks="524288", strings="1000000"):
    if not LIBRARY.exists():
        sys.exit(f"before_after: there is no {LIBRARY}; make it with ./defrag build.")
    ways = {"stock": {}, "Defragger": {"LD_PRELOAD": str(LIBRARY), "PYTHONMALLOC": "malloc"}}
    tests = {}
    for test, count, title in ("blocks", blocks, "blocks of random size, by C"), ("strings", strings, "random strings in Python"):
        runs = {who: run(test, int(count), variables) for who, variables in ways.items()}
        for who, held in runs.items():
            print(f"{test:8} {who:10}" + "".join(f"  {name} {held[name] / MB:6.1f} MB" for name in STAGES))
        tests[f"{int(count):,} {title}"] = runs
    draw(pathlib.Path(picture), tests)
    print(picture)


main(*sys.argv[1:])

"""Makes a trace of what defrag-trace --text wrote of a recording: finish.py RAW TRACE.gz STORY...

Puts the story and the capacity before the operations: the power of two from four times the most bytes that were live
at once. Leaves out the releases at the very end, where a program only tidies up before it ends. Checks that each line
says what can be: no block in a slot that is taken, none released from an empty one. Prints a row for the README.
"""

import gzip
import io
import os
import sys


def read(path):
    with open(path, encoding="ascii") as file:
        lines = file.read().splitlines()
    while lines and lines[-1].startswith("f"):
        lines.pop()
    return lines


def live_bytes(lines):
    """The most bytes live at once, and those live at the end."""
    sizes, live, peak = {}, 0, 0
    for number, line in enumerate(lines, 1):
        kind, slot, *rest = line.split(" ")
        if (slot in sizes) != (kind in "rf"):
            sys.exit(f"finish: line {number}: '{line}' does not fit what slot {slot} holds")
        live -= sizes.pop(slot, 0)
        if kind != "f":
            sizes[slot] = int(rest[0])
            live += sizes[slot]
        peak = max(peak, live)
    return peak, live


def main(raw, trace, *story):
    lines = read(raw)
    peak, end = live_bytes(lines)
    capacity = 1 << max(12, (4 * peak - 1).bit_length())
    text = "".join(f"# {line}\n" for line in story) + f"h {capacity}\n" + "".join(line + "\n" for line in lines)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(text.encode())
    with open(trace + ".new", "wb") as file:
        file.write(packed.getvalue())
    os.replace(trace + ".new", trace)
    name = os.path.basename(trace).split(".")[0]
    print(f"| `{name}` | {len(lines):,} | {peak:,} | {end:,} | {capacity >> 20} MiB | {len(packed.getvalue()):,} |")


main(*sys.argv[1:])

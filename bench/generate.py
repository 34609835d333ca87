#!/usr/bin/env python3
"""Writes the pairs of files that the comparison benchmarks read; the same arguments give the same bytes.

generate.py jsonlines DIR MEGABYTES   baseline.jsonl, changed.jsonl (0.1 % of the records changed in place),
                                      moved.jsonl (0.05 % removed and 0.05 % inserted),
                                      rewritten.jsonl (every record with its keys in another order: nothing changed)
generate.py sarif DIR MEGABYTES       baseline.sarif, changed.sarif: clang's shape, with code flows; 0.1 % of the findings changed
generate.py snippets DIR MEGABYTES    baseline.sarif, changed.sarif, moved.sarif: GitHub's shape, with snippets, context regions and
                                      fingerprints; 0.1 % of the findings changed, or every finding on another line
generate.py json DIR MEGABYTES        baseline.json, changed.json: one array of records; 0.1 % changed

Records come from a multiplicative generator of our own, so that no version of Python can change them.
"""
import os
import sys

EVERY = 1000  # one difference in so many records


class Noise:
    """Lehmer's generator modulo 2^31 - 1: small, known, and the same everywhere."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = self.state * 48271 % 2147483647
        return self.state


def record(noise, number):
    a, b, c = noise.next(), noise.next(), noise.next()
    pad = "abcdefghijklmnopqrstuvwxyz0123456789" * 3
    return (number, f"case-{a % 5000:04d}", "passed" if b % 50 else "failed", b / 1000, f"/src/module{c % 300}/file{a % 97}.c",
            c % 20000, pad[: 60 + c % 60])


def line(r, ms=None):
    return (f'{{"id":{r[0]},"case":"{r[1]}","status":"{r[2]}","ms":{r[3] if ms is None else ms},"file":"{r[4]}",'
            f'"line":{r[5]},"tags":["fast","linux"],"message":"{r[6]}"}}\n')


def rewritten(r):
    return (f'{{"message":"{r[6]}","tags":["fast","linux"],"line":{r[5]},"file":"{r[4]}","ms":{r[3]},'
            f'"status":"{r[2]}","case":"{r[1]}","id":{r[0]}}}\n')


def jsonlines(folder, size):
    names = ("baseline", "changed", "moved", "rewritten")
    out = {n: open(os.path.join(folder, n + ".jsonl"), "w", buffering=1 << 20) for n in names}
    noise, written, number = Noise(42), 0, 0
    while written < size:
        r = record(noise, number)
        text = line(r)
        out["baseline"].write(text)
        out["changed"].write(line(r, "-1.5") if number % EVERY == EVERY // 2 else text)
        out["rewritten"].write(rewritten(r))
        if number % (2 * EVERY) == EVERY:
            out["moved"].write(text)
            out["moved"].write(line((number, "inserted") + r[2:]))
        elif number % (2 * EVERY) != 0:
            out["moved"].write(text)
        written += len(text)
        number += 1


def result(r, text):
    steps = ",".join(f'{{"location":{{"message":{{"text":"step {k}"}},"physicalLocation":{{"artifactLocation":'
                     f'{{"index":0,"uri":"file://{r[4]}"}},"region":{{"startLine":{r[5] + k},"startColumn":3}}}}}}}}'
                     for k in range(4))
    return (f'{{"codeFlows":[{{"threadFlows":[{{"locations":[{steps}]}}]}}],"level":"warning","locations":[{{'
            f'"physicalLocation":{{"artifactLocation":{{"index":0,"uri":"file://{r[4]}"}},"region":{{"endColumn":9,'
            f'"startColumn":3,"startLine":{r[5]}}}}}}}],"message":{{"text":"{text}"}},"ruleId":"core.{r[1]}"}}')


def sarif(folder, size):
    head = '{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[{"artifacts":[],"results":[\n'
    tail = '],"tool":{"driver":{"name":"clang","rules":[]}}}],"version":"2.1.0"}\n'
    document(folder, "sarif", size, head, tail,
             lambda r, changed: result(r, "changed" if changed else r[6]))


def quoted(r, line, text):
    code = (f"    if (!check_{r[1].replace('-', '_')}(buffer + {r[5]}, size)) {{\\n"
            f'        return fail(context, \\"{r[6][:40]}\\");\\n    }}')
    around = "\\n".join(f"    value[{k}] = next(&state{k}); /* {r[6][k:k + 30]} */" for k in range(4))
    return (f'{{"ruleId":"cpp/{r[1]}","ruleIndex":{r[5] % 5000},"message":{{"text":"{text}"}},"locations":[{{"physicalLocation":{{'
            f'"artifactLocation":{{"uri":"{r[4][1:]}","uriBaseId":"%SRCROOT%"}},"region":{{"startLine":{line},"startColumn":5,'
            f'"endColumn":40,"snippet":{{"text":"{code}"}}}},"contextRegion":{{"startLine":{line - 1},"endLine":{line + 4},'
            f'"snippet":{{"text":"{around}"}}}}}}}}],"partialFingerprints":{{"primaryLocationLineHash":"{r[5] * 7919:x}{r[0]:x}:1",'
            f'"primaryLocationStartColumnFingerprint":"4"}}}}')


def snippets(folder, size):
    head = ('{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":{'
            '"name":"CodeQL","rules":[]}},"results":[\n')
    names = ("baseline", "changed", "moved")
    out = {n: open(os.path.join(folder, n + ".sarif"), "w", buffering=1 << 20) for n in names}
    for file in out.values():
        file.write(head)
    noise, written, number = Noise(42), 0, 0
    while written < size:
        r = record(noise, number)
        line = r[5] + 2
        comma = ",\n" if number else ""
        text = quoted(r, line, r[6])
        out["baseline"].write(comma + text)
        out["changed"].write(comma + (quoted(r, line, "changed") if number % EVERY == EVERY // 2 else text))
        out["moved"].write(comma + quoted(r, line + 1, r[6]))
        written += len(text)
        number += 1
    for file in out.values():
        file.write("]}]}\n")
        file.close()


def json(folder, size):
    document(folder, "json", size, '{"cases":[\n', ']}\n',
             lambda r, changed: line(r, "-1.5" if changed else None).rstrip())


def document(folder, ending, size, head, tail, item):
    with open(os.path.join(folder, "baseline." + ending), "w", buffering=1 << 20) as left, \
            open(os.path.join(folder, "changed." + ending), "w", buffering=1 << 20) as right:
        left.write(head)
        right.write(head)
        noise, written, number = Noise(42), 0, 0
        while written < size:
            r = record(noise, number)
            comma = ",\n" if number else ""
            text = item(r, False)
            left.write(comma + text)
            right.write(comma + (item(r, True) if number % EVERY == EVERY // 2 else text))
            written += len(text)
            number += 1
        left.write(tail)
        right.write(tail)


if __name__ == "__main__":
    kinds = {"jsonlines": jsonlines, "sarif": sarif, "snippets": snippets, "json": json}
    if len(sys.argv) != 4 or sys.argv[1] not in kinds or not sys.argv[3].isdecimal():
        sys.exit("usage: generate.py jsonlines|sarif|snippets|json DIR MEGABYTES")
    kind, where, megabytes = sys.argv[1:]
    os.makedirs(where, exist_ok=True)
    kinds[kind](where, int(megabytes) * 1_000_000)

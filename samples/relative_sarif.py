#!/usr/bin/env python3
"""Make one SARIF file of clang's independent of the machine it was made on.

usage: relative_sarif.py SOURCE_ROOT IN.sarif OUT.sarif

Every URI below SOURCE_ROOT becomes relative ("Modules/_csv.c") and gets
"uriBaseId": "SRCROOT"; the run gets the matching "originalUriBaseIds" (with
no address: whoever reads the file says where the root is). Nothing else is
changed. Any other absolute address, or the name of SOURCE_ROOT anywhere
else, is an error, so no path of the machine can slip through.
"""
import json
import pathlib
import sys


def relate(node, prefix):
    """Walk the tree; rewrite each {"uri": "file://ROOT/x"} in place."""
    if isinstance(node, list):
        for child in node:
            relate(child, prefix)
    elif isinstance(node, dict):
        uri = node.get("uri")
        if isinstance(uri, str) and uri.startswith(prefix):
            node["uri"] = uri[len(prefix):]
            node["uriBaseId"] = "SRCROOT"
        for child in node.values():
            relate(child, prefix)


def main(root, source, target):
    root = pathlib.Path(root).resolve()
    log = json.loads(pathlib.Path(source).read_text(encoding="utf-8"))
    if log.get("version") != "2.1.0":
        sys.exit(f"{source}: not SARIF 2.1.0")
    relate(log, root.as_uri() + "/")
    for run in log["runs"]:
        run["originalUriBaseIds"] = {
            "SRCROOT": {"description": {"text": "The root of CPython's source."}}
        }
    # clang writes its keys sorted; so do we, hence the order stays clang's.
    text = json.dumps(log, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    for foreign in ("file:", str(root)):
        if foreign in text:
            at = text.index(foreign)
            sys.exit(f"{source}: still absolute: {text[at:at + 100]!r}")
    target = pathlib.Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])

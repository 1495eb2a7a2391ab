"""Reads what `quloud … --json` printed.

Usage:
  report.py value FILE KEY     the value of KEY, wherever it is in the last object of FILE
  report.py holders FILE       of a status: label, valid replicas, bytes and id of each holder, separated by tabs
  report.py losses FILE        of an audit: label, how many are lost, the reason and the first chunks, separated by tabs
"""

import collections
import json
import sys


def last_object(path):
    with open(path, encoding="utf-8") as lines:
        objects = [json.loads(line) for line in lines if line.startswith("{")]
    return objects[-1] if objects else {}


def find(value, key):
    """The first value of `key` in nested objects, breadth first."""
    waiting = collections.deque([value])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, dict):
            if key in value:
                return value[key]
            waiting.extend(value.values())
    return None


def show(value):
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return value if isinstance(value, str) else json.dumps(value)


def main(what, path, key=None):
    report = last_object(path)
    if what == "value":
        print(show(find(report, key)))
    elif what == "holders":
        for holder in sorted(find(report, "holders") or [], key=lambda holder: holder["label"]):
            print(holder["label"], holder["valid"], holder["sealedBytes"], holder["node"], sep="\t")
    elif what == "losses":
        groups = collections.defaultdict(list)
        for replica in find(report, "lost") or []:
            groups[replica["label"], replica["reason"]].append(replica["chunk"])
        for (label, reason), chunks in sorted(groups.items()):
            print(label, len(chunks), reason, " ".join(chunk[:12] for chunk in sorted(chunks)[:4]), sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""How the cost per item grows with the number of chunks in catalog and index: of single pieces of work, measured by
`quloud-bench`, and of whole commands at a node that has such a catalog."""

import json
import os
import shutil
import statistics
import subprocess
import time

import corpora
from machine import Failure, Sandbox, read
from quloud import Quloud

COUNTS = [10_000, 100_000, 1_000_000]
AT_MOST = 1.3
REPEATS = 7


def measure(options, sandbox):
    """One object for each number of chunks: `chunks`, and in `perItem` the work, microseconds per item, and whether it is a
    whole piece of work (`isWhole`) or a part of one."""
    corpus = corpora.make("B", sandbox.path("B"), options)
    measured = []
    for count in COUNTS:
        count = max(1_000, int(count * options.scale))
        folder = sandbox.path(f"growth-{count}")
        os.mkdir(folder)
        done = subprocess.run([options.quloud_bench, folder, str(count)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"quloud-bench: {done.stderr.strip()[-500:]}")
        one = json.loads(done.stdout)
        one["perItem"] = commands(options, corpus, os.path.join(folder, "catalog.sqlite")) + one["perItem"]
        measured.append(one)
        shutil.rmtree(folder)
    return measured


def commands(options, corpus, catalog):
    """What commands cost at an owner whose catalog is filled already."""
    with Sandbox(options.folder) as sandbox:
        network = FilledNetwork(sandbox, options)
        network.catalog = catalog
        network.begin()
        network.backup(corpus)
        again = [network.again(corpus).seconds / corpus.files for _ in range(REPEATS)]
        status = [network.owner("status").seconds for _ in range(REPEATS)]
        starts = [network.restart() for _ in range(REPEATS)]
    return [{"work": work, "isWhole": True, "microseconds": statistics.median(times) * 1e6} for work, times in (
        ("quloud backup, unchanged: a file", again), ("quloud status", status), ("quloud node, until it is ready", starts))]


class FilledNetwork(Quloud):
    """A broker, four holders, and an owner that believes to have many chunks on others."""

    catalog = ""

    def node(self, name, *arguments):
        super().node(name, *arguments)
        if name == "owner":
            shutil.copy(self.catalog, self.sandbox.path(name, "data", "catalog.sqlite"))

    def restart(self):
        """Seconds until a stopped owner's node says that it is ready."""
        self.daemons.pop().stop()
        began = time.monotonic()
        child = self.start("owner")
        self.daemons.append(child)
        while "node started" not in read(child.log):
            if not child.is_running() or time.monotonic() - began > 60:
                raise Failure("the owner's node does not start")
            time.sleep(0.002)
        return time.monotonic() - began


def lines(measured):
    """The works in the order in which they were measured, with the growth from the fewest chunks to the most."""
    found = []
    for place, work in enumerate(measured[0]["perItem"]):
        times = [one["perItem"][place]["microseconds"] for one in measured]
        ratio = times[-1] / times[0]
        found.append({"work": work["work"], "microseconds": times, "growth": ratio,
                      "at_most": AT_MOST if work["isWhole"] else None,
                      "reached": ratio <= AT_MOST if work["isWhole"] else None})
    return found

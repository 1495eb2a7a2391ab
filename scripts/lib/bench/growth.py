"""How the cost per item grows with the number of chunks in catalog and index; measured by `quloud-bench`."""

import json
import os
import subprocess

from machine import Failure

COUNTS = [10_000, 100_000, 1_000_000]
AT_MOST = 1.3


def measure(options, sandbox):
    """One object for each number of chunks: `chunks`, and microseconds per item in `perItem`, by work."""
    measured = []
    for count in COUNTS:
        count = max(1_000, int(count * options.scale))
        folder = sandbox.path(f"growth-{count}")
        os.mkdir(folder)
        done = subprocess.run([options.quloud_bench, folder, str(count)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"quloud-bench: {done.stderr.strip()[-500:]}")
        measured.append(json.loads(done.stdout))
    return measured


def lines(measured):
    """The works in the order in which they were measured, with the growth from the fewest chunks to the most."""
    found = []
    for place, work in enumerate(measured[0]["perItem"]):
        times = [one["perItem"][place]["microseconds"] for one in measured]
        ratio = times[-1] / times[0]
        found.append({"work": work["work"], "microseconds": times, "growth": ratio, "at_most": AT_MOST,
                      "reached": ratio <= AT_MOST})
    return found

"""Runs the tests, tells what goes wrong while it happens, and ends with one line: N passed, N failed.

Usage: run-tests.py [--verbose] COMMAND...

COMMAND is `swift test …`. What is told comes from Swift Testing's stream of events; what the tests print themselves is
shown with --verbose, or when the process dies or fails by itself. Exit status: 0 only when tests ran, all of them
passed, and COMMAND ended well.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

SYMBOLS = {"fail": "✘", "details": "  ↳", "difference": "  ↳", "warning": "⚠"}


class Run:
    def __init__(self, verbose):
        self.verbose = verbose
        self.functions, self.suites = {}, {}
        self.started, self.ended, self.failed, self.skipped = {}, set(), set(), set()
        self.finished = False

    def take(self, record):
        payload = record.get("payload", {})
        if record.get("kind") == "test":
            known = self.functions if payload.get("kind") == "function" else self.suites
            known[payload.get("id")] = payload
            return
        kind, test = payload.get("kind"), payload.get("testID")
        if kind == "testStarted":
            self.started[test] = time.monotonic()
        elif kind == "testSkipped":
            self.skipped.add(test)
            if test in self.functions:
                self.tell(payload, test, "details", "warning")
        elif kind == "testEnded":
            self.ended.add(test)
            if test in self.suites or self.verbose:
                self.tell(payload, test)
        elif kind == "issueRecorded":
            issue = payload.get("issue", {})
            if issue.get("isKnown") or issue.get("severity", "error") == "warning":
                return
            self.failed.add(test)
            where = issue.get("sourceLocation") or {}
            print(f"\n✘ {self.name(test)}  {where.get('fileID', '')}:{where.get('line', '')}")
            for message in payload.get("messages", []):
                print(f"{SYMBOLS.get(message.get('symbol'), ' ')} {message.get('text')}", flush=True)
        elif kind == "runEnded":
            self.finished = True

    def tell(self, payload, test, *symbols):
        failed = any(failing and str(failing).startswith(str(test)) for failing in self.failed)
        took = time.monotonic() - self.started.get(test, time.monotonic())
        print(f"{'✘' if failed else '-' if symbols else '✔'} {self.name(test)}{f'  {took:.1f} s' if took >= 1 else ''}",
              flush=True)

    def name(self, test):
        known = self.functions.get(test)
        path = (test or "outside of any test").split("/")
        return f"{path[0].removesuffix('.' + known['name'])}/{known['name']}" if known else path[0]

    def verdict(self, status):
        died = {test for test in self.functions if test in self.started and test not in self.ended} - self.skipped
        for test in sorted(died):
            where = self.functions[test].get("sourceLocation", {})
            print(f"✘ did not end: {self.name(test)}  {where.get('fileID')}:{where.get('line')}")
        failed = self.failed | died
        passed = (self.ended & self.functions.keys()) - failed
        if not passed and not failed:
            print("error: no test ran")
        elif not self.finished:
            print("error: the test process died before its end")
        elif status != 0 and not failed:
            print(f"error: the tests passed, but their process ended with status {status}")
        skipped = len(self.skipped & self.functions.keys())
        print(f"{len(passed)} passed, {len(failed)} failed" + (f", {skipped} skipped" if skipped else ""))
        return 0 if status == 0 and self.finished and passed and not failed else 1


def follow(events, process, run):
    """Hands each event on as it is written, until the process has ended."""
    rest = ""
    while True:
        over = process.poll() is not None
        rest += events.read()
        *complete, rest = rest.split("\n")
        for line in complete:
            try:
                run.take(json.loads(line))
            except ValueError:
                pass
        if over:
            return
        time.sleep(0.1)


def crash(output):
    """What a process that died has printed about it: the reason."""
    lines = output.splitlines()
    for number, line in enumerate(lines):
        # A sanitizer reports leaks when all tests are over.
        if "Sanitizer: " in line:
            return "\n".join(lines[number:number + 60])
    reasons = [line[max(0, line.find("error: Process")):] for line in lines
               if "Fatal error" in line or "unexpected signal" in line]
    return "\n".join(line[:200] for line in reasons or lines[-20:])


def main(arguments):
    verbose = arguments[:1] == ["--verbose"]
    command = arguments[1:] if verbose else arguments
    run = Run(verbose)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "events")
        open(path, "w").close()
        with open(os.path.join(folder, "output"), "w+", encoding="utf-8", errors="replace") as output, \
                open(path, encoding="utf-8", errors="replace") as events:
            process = subprocess.Popen(
                command + ["--event-stream-version", "0", "--event-stream-output-path", path],
                stdout=None if verbose else output, stderr=subprocess.STDOUT)
            try:
                follow(events, process, run)
            except KeyboardInterrupt:
                process.wait()
                return 130
            if not verbose and process.returncode != 0:
                output.seek(0)
                text = output.read()
                if not run.finished or not run.failed or "Sanitizer: " in text:
                    print(crash(text))
    return run.verdict(process.returncode)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

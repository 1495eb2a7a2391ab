"""Counts what Swift Testing reports in its stream of events, and ends with one line: N passed, N failed.

Usage: count-tests.py EVENTS STATUS

STATUS is how the test run ended. Exit status: 0 only when tests ran, all of them passed, and the run itself ended well.
"""

import json
import sys


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except ValueError:
                    pass  # The last line of a process that died may be cut off.
    except FileNotFoundError:
        return


def main(path, status):
    functions, started, ended, failed, finished = {}, set(), set(), set(), False
    for record in read(path):
        payload = record.get("payload", {})
        if record.get("kind") == "test":
            if payload.get("kind") == "function":
                functions[payload["id"]] = payload
            continue
        kind, test = payload.get("kind"), payload.get("testID")
        if kind == "testStarted":
            started.add(test)
        elif kind in ("testEnded", "testSkipped", "testCancelled"):
            if kind == "testEnded":
                ended.add(test)
            started.discard(test)
        elif kind == "issueRecorded":
            issue = payload.get("issue", {})
            if not issue.get("isKnown") and issue.get("severity", "error") != "warning":
                failed.add(test)
        elif kind == "runEnded":
            finished = True

    # What had begun when the process died has failed, and so has what complained outside of a test of its own.
    died = set() if finished else started & functions.keys()
    failed |= died
    passed = (ended & functions.keys()) - failed
    for test in sorted(failed & functions.keys()):
        where = functions[test].get("sourceLocation", {})
        verb = "did not end" if test in died else "failed"
        print(f"{verb}: {test.split('/')[0]} {functions[test].get('name')} "
              f"({where.get('fileID')}:{where.get('line')})")
    others = len(failed - functions.keys())
    good = status == 0 and finished and passed and not failed
    if not passed and not failed:
        print("error: no test ran")
    elif not finished:
        print("error: the test process died before its end")
    elif status != 0 and not failed:
        print(f"error: the test run ended with status {status}")
    print(f"{len(passed)} passed, {len(failed & functions.keys()) + others} failed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))

"""The table of a fuzzing run, from libFuzzer's logs: what ran how often, and what was found. Exit status 1 for findings."""

import os
import re
import sys


def last(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else None


def main(names):
    bad = []
    print(f"{'parser':<20} {'executions':>12} {'per second':>11} {'features':>9} {'findings':>9}")
    for name in names:
        folder = os.path.join(".build", "fuzz-findings", name)
        with open(os.path.join(folder, "log"), encoding="utf-8", errors="replace") as file:
            log = file.read()
        findings = sorted(entry for entry in os.listdir(folder) if entry != "log" and not entry.startswith("slow-unit"))
        executions = last(r"stat::number_of_executed_units:\s+(\d+)", log)
        speed = last(r"stat::average_exec_per_sec:\s+(\d+)", log)
        features = last(r"\bft: (\d+)", log)
        row = ["-" if value is None else f"{value:,}" for value in (executions, speed, features)]
        print(f"{name:<20} {row[0]:>12} {row[1]:>11} {row[2]:>9} {len(findings):>9}")
        if findings or not executions:
            bad.append((name, folder, findings, log))
    for name, folder, findings, log in bad:
        if not findings:
            print(f"error: {name} did not run: see {folder}/log")
        for finding in findings:
            reason = re.findall(r"^(?:SUMMARY: .*|broken promise.*|.*Fatal error.*)$", log, re.MULTILINE)
            print(f"finding: {name}: {reason[0] if reason else 'see the log'}")
            print(f"  scripts/fuzz --replay {name} {os.path.abspath(os.path.join(folder, finding))}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

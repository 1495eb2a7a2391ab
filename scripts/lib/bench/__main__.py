"""The benchmark. Started by scripts/bench, which builds and installs; see there for the options."""

import argparse
import dataclasses
import json
import os
import platform
import signal
import subprocess
import sys

import corpora
import growth
import rounds
import tables
from machine import Failure, Sandbox
from rows import ROWS

GROWTH = "growth"


def size(text):
    units = {"M": 1 << 20, "G": 1 << 30}
    return int(text[:-1]) * units[text[-1]] if text[-1:] in units else int(text)


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--json")
    parser.add_argument("--sparse", type=size, default=size("8G"))
    parser.add_argument("--tahoe-files", type=int, default=2_000)
    parser.add_argument("--folder", default=os.environ.get("TMPDIR", "/tmp"))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quloud")
    parser.add_argument("--quloud-bench")
    parser.add_argument("--tahoe", default="")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    options.folder = os.path.abspath(options.folder)
    known = {row.name for row in ROWS} | set(corpora.DESCRIPTIONS) | {GROWTH}
    unknown = [name for name in options.names if name not in known]
    if unknown or options.runs < 1 or not 0 < options.scale <= 1:
        parser.error(f"unknown name {unknown[0]}: see --list" if unknown else "--runs from 1, --scale above 0 up to 1")
    return options


def show_names():
    print("Rows:")
    for row in ROWS:
        print(f"  {row.name:14} {row.title}")
    print(f"  {GROWTH:14} cost per item with more and more chunks in catalog and index")
    print("Corpora (all rows that use one):")
    for name, text in corpora.DESCRIPTIONS.items():
        print(f"  {name:14} {text}")


def chosen(names):
    """The rows to show, and the corpora they need. Rows about all corpora are content with those that are run."""
    if not names:
        return ROWS, list(corpora.DESCRIPTIONS)
    needed = {name for name in names if name in corpora.DESCRIPTIONS}
    for row in ROWS:
        if row.name in names:
            # Memory can be seen with any corpus; A alone when nothing else is asked for.
            needed.update(row.corpora if len(row.corpora) < 3 else [] if needed else ["A"])
    shown = [row for row in ROWS if row.name in names or needed.intersection(row.corpora)]
    return shown, [name for name in corpora.DESCRIPTIONS if name in needed]


def version(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def machine(options):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.machine(), "cores": os.cpu_count(), "kernel": platform.release(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "file_system": file_system(options.folder),
        "load_before": os.getloadavg(), "restic": version("restic", "version"), "borg": version("borg", "--version"),
        "tahoe": version(options.tahoe, "--version"), "quloud": version(options.quloud, "version"),
    }


def file_system(folder):
    return version("stat", "--file-system", "--format=%T", folder)


def main():
    options = arguments()
    if options.list:
        return show_names()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    options.unsafe = file_system(options.folder) in ("tmpfs", "ramfs", "overlayfs", "nfs", "cifs")
    if options.unsafe:
        rounds.say(f"warning: {options.folder} is not on a disk, so nothing there is durable: use --folder")
    shown, needed = chosen([name for name in options.names if name != GROWTH])
    if options.names == [GROWTH]:
        shown, needed = [], []
    facts = machine(options)
    with Sandbox(options.folder) as sandbox:
        done = list(rounds.run_all(needed, options, sandbox.folder))
        grown, trouble = measure_growth(options, sandbox) if not options.names or GROWTH in options.names else ([], None)
    lines = [line for row in shown for line in row.lines(done)]
    show(options, facts, done, lines, grown)
    if options.json:
        write(options, facts, done, lines, grown)
    failed = [f"{one.corpus}, round {one.number}, {one.contender}: {one.failure}" for one in done if one.failure]
    failed += [trouble] if trouble else []
    for failure in failed:
        print(f"FAILED  {failure}")
    return 1 if failed else 0


def measure_growth(options, sandbox):
    rounds.say("growth: filling catalogs and indices")
    try:
        return growth.measure(options, sandbox), None
    except Failure as failure:
        return [], str(failure)


def show(options, facts, done, lines, grown):
    print(f"{facts['cores']} cores, {facts['cpu']}, Linux {facts['kernel']}, {facts['file_system']}; "
          f"{options.runs} runs, scale {options.scale:g}: median (least–most)")
    for text in ([tables.targets(lines), tables.costs(done)] if lines else []) + \
            ([tables.growth(grown, growth.lines(grown))] if grown else []):
        print(f"\n{text}")
    print()


def write(options, facts, done, lines, grown):
    def line(one):
        return {"row": one.row.name, "title": one.row.title, "unit": one.row.unit, "verdict": one.verdict,
                **{key: value and dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value
                   for key, value in vars(one).items() if key != "row"}}
    result = {
        "machine": facts, "options": {"runs": options.runs, "scale": options.scale, "sparse": options.sparse},
        "rows": [line(one) for one in lines], "rounds": [dataclasses.asdict(one) for one in done],
        "growth": {"measured": grown, "lines": growth.lines(grown)} if grown else None,
    }
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

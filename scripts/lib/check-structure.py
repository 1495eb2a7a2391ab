"""Checks what the compiler does not: who may import what, constructs that are not used, links between documents.

Prints path:line: message for each finding. Exit status 1 when there is any. Runs in the package's folder.
"""

import os
import re
import sys

# The hexagon: what each target in Sources may import. Arrows point inwards; adapters never import one another.
SYSTEM = {"Glibc", "Dispatch", "Synchronization", "FoundationEssentials"}
ADAPTER = SYSTEM | {"QuloudCore", "QuloudSystem", "QuloudCrypto"}
ALLOWED = {
    "QuloudCrypto": {"CSodium", "CCrypto", "Glibc", "Synchronization"},
    "QuloudZstd": {"CZstd", "Glibc", "Synchronization"},
    "QuloudSystem": SYSTEM | {"CSystem"},
    "QuloudCore": {"QuloudCrypto", "QuloudZstd", "Synchronization"},
    "QuloudSQLite": ADAPTER | {"CSQLite"},
    "QuloudFiles": ADAPTER,
    "QuloudNATS": ADAPTER | {"CNATS"},
    "QuloudDaemon": ADAPTER | {"QuloudSQLite", "QuloudFiles", "QuloudNATS", "CTOML"},
    "quloud": SYSTEM | {"QuloudDaemon", "QuloudSystem"},
    "QuloudForeignBytes": ADAPTER | {"QuloudZstd", "QuloudNATS", "QuloudDaemon"},
    "quloud-fuzz": {"Glibc", "QuloudForeignBytes"},
    "QuloudSimulation": ADAPTER | {"QuloudDaemon", "QuloudFiles", "QuloudSQLite", "QuloudTestKit", "CSodium", "CSQLite"},
    "quloud-simulate": SYSTEM | {"QuloudSimulation", "QuloudSystem", "QuloudTestKit"},
    "quloud-bench": ADAPTER | {"QuloudSQLite"},
    "QuloudTestKit": ADAPTER | {"CFaultDisk"},
}

BANNED = [
    (r"\btry!", "try! ends the process: throw the error on"),
    (r"\bas!", "as! ends the process: use as? and handle nil"),
    (r"\bfatalError\(", "fatalError ends the process: throw, or state a precondition of the caller"),
    (r"\bunsafelyUnwrapped\b", "unsafelyUnwrapped hides nil: unwrap it"),
    (r"\bTask\.detached\b", "a detached task has no owner: use a task group, or a task that somebody ends"),
]
UNSAFE = re.compile(r"@unchecked\s+Sendable|\bnonisolated\(unsafe\)")
IMPORT = re.compile(
    r"^\s*(?:@[\w()]+\s+)*(?:(?:package|public|internal|private|fileprivate)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|typealias|func|var|let)\s+)?(\w+)")
LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")

findings = []


def find(path, line, message):
    findings.append(f"{path}:{line}: {message}")


def files(folder, ending):
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(ending):
                yield os.path.join(directory, name)


def lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def code_only(text):
    """The lines with comments and the insides of string literals blanked, so that words in them do not count."""
    result, in_text, in_block = [], False, False
    for line in text:
        kept, index, in_string = [], 0, False
        while index < len(line):
            rest = line[index:]
            if in_block:
                in_block = not rest.startswith("*/")
                index += 1 if in_block else 2
            elif rest.startswith('"""'):
                in_text, index = not in_text, index + 3
            elif in_text:
                index += 1
            elif in_string:
                index += 2 if rest[0] == "\\" else 1
                in_string = rest[0] != '"'
            elif rest.startswith("//"):
                break
            elif rest.startswith("/*"):
                in_block, index = True, index + 2
            else:
                in_string = rest[0] == '"'
                kept.append(rest[0])
                index += 1
        result.append("".join(kept))
    return result


def check_imports(path, code):
    target = path.split(os.sep)[1]
    allowed = ALLOWED.get(target)
    if allowed is None:
        return find(path, 1, f"target {target} has no import rule: add it to scripts/lib/check-structure.py")
    for number, line in enumerate(code, 1):
        match = IMPORT.match(line)
        if not match:
            continue
        name = match.group(1)
        if name == "Foundation":
            find(path, number, "import Foundation costs 40 MB: use FoundationEssentials or Glibc")
        elif name not in allowed:
            find(path, number, f"{target} must not import {name} (allowed: {', '.join(sorted(allowed))})")


def check_constructs(path, text, code):
    for number, line in enumerate(code, 1):
        for pattern, message in BANNED:
            if re.search(pattern, line):
                find(path, number, message)
        nearby = text[max(0, number - 5):number + 25]
        if UNSAFE.search(line) and not any("SAFETY:" in other for other in nearby):
            find(path, number, "no compiler checks this: say in a '// SAFETY:' comment beside it why it is safe")


def anchors(path):
    """The fragments that headings of a Markdown file can be linked by."""
    found, fenced = {}, False
    for line in lines(path):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        match = None if fenced else re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if not match:
            continue
        text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", lambda m: m.group(1) or "", match.group(1)).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        yield slug if count == 0 else f"{slug}-{count}"


def check_links(path):
    fenced = False
    for number, line in enumerate(lines(path), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, fragment = target.partition("#")
            wanted = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(wanted):
                find(path, number, f"link to {target}: there is no {wanted}")
            elif fragment and wanted.endswith(".md") and fragment not in set(anchors(wanted)):
                find(path, number, f"link to {target}: {wanted} has no such heading")


def main():
    for path in files("Sources", ".swift"):
        text = lines(path)
        code = code_only(text)
        check_imports(path, code)
        check_constructs(path, text, code)
    for path in (["README.md"] if os.path.exists("README.md") else []) + list(files("docs", ".md")):
        check_links(path)
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

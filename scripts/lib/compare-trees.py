"""Compares two folders, content and metadata: types, modes, owners, sizes, times to the nanosecond, targets of links,
hard links, holes, extended attributes, bytes.

Usage: compare-trees.py ONE OTHER [--counts]

Prints what differs, at most 20 lines of it. Exit status 1 when anything does. Sockets, pipes and devices are left out.
With --counts only ONE is looked at, and its files, folders, links and bytes are printed as numbers on one line.
"""

import hashlib
import os
import stat
import sys


def walk(root):
    """(relative path, lstat) of everything in a folder, itself included, as bytes and in order."""
    yield b".", os.lstat(root)
    stack = [b""]
    while stack:
        folder = stack.pop()
        for entry in sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name):
            path = os.path.join(folder, entry.name)
            facts = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(facts.st_mode) or stat.S_ISLNK(facts.st_mode):
                yield path, facts
            elif stat.S_ISDIR(facts.st_mode):
                yield path, facts
                stack.append(path)


def content(path):
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def attributes(path):
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    # What the kernel and its security modules put there is not the user's.
    names = [name for name in names if name.startswith(("user.", "system.posix_acl"))]
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names}


def describe(root):
    """Relative path: what there is to know about it."""
    groups, result = {}, {}
    for relative, facts in walk(root):
        path = os.path.join(root, relative)
        entry = {
            "type": stat.S_IFMT(facts.st_mode),
            "mode": oct(stat.S_IMODE(facts.st_mode)),
            "time": facts.st_mtime_ns,
            "attributes": attributes(path),
        }
        if os.geteuid() == 0:
            entry["owner"] = (facts.st_uid, facts.st_gid)
        if stat.S_ISLNK(facts.st_mode):
            entry["target"] = os.readlink(path)
            del entry["mode"]
        elif stat.S_ISREG(facts.st_mode):
            entry["size"] = facts.st_size
            entry["content"] = content(path)
            # Worth telling only for files with holes that matter.
            entry["has holes"] = facts.st_size - facts.st_blocks * 512 > 1 << 20
            if facts.st_nlink > 1:
                groups.setdefault((facts.st_dev, facts.st_ino), []).append(relative)
        result[relative] = entry
    for members in groups.values():
        # A partner outside of the folder does not count.
        for member in members if len(members) > 1 else []:
            result[member]["hard links"] = sorted(members)
    return result


def main(one, other):
    left, right = describe(os.fsencode(one)), describe(os.fsencode(other))
    lines = []
    for path in sorted(left.keys() | right.keys()):
        name = os.fsdecode(path).encode("utf-8", "backslashreplace").decode()
        if path not in right:
            lines.append(f"missing: {name!r}")
        elif path not in left:
            lines.append(f"too much: {name!r}")
        else:
            for key in sorted(left[path].keys() | right[path].keys()):
                before, after = left[path].get(key), right[path].get(key)
                if before != after:
                    lines.append(f"{key} of {name!r}: {before} became {after}")
    for line in lines[:20]:
        print("   " + line)
    if len(lines) > 20:
        print(f"   … and {len(lines) - 20} more")
    return 1 if lines else 0


def counts(root):
    files = folders = links = size = 0
    for _, facts in walk(os.fsencode(root)):
        if stat.S_ISREG(facts.st_mode):
            files, size = files + 1, size + facts.st_size
        elif stat.S_ISDIR(facts.st_mode):
            folders += 1
        else:
            links += 1
    print(files, folders, links, size)
    return 0


if __name__ == "__main__":
    sys.exit(counts(sys.argv[1]) if "--counts" in sys.argv else main(sys.argv[1], sys.argv[2]))

"""Fills a folder with some hundred MB of this system's own files, and with everything that is awkward to back up.

Usage: sample-folder.py FOLDER
"""

import os
import shutil
import stat
import sys

MB = 1 << 20
# Where files are taken from, and how many bytes at most: programs and libraries, documents, sources.
SOURCES = [
    ("/usr/lib/x86_64-linux-gnu", 90 * MB),
    ("/usr/lib/aarch64-linux-gnu", 90 * MB),
    ("/usr/share/doc", 20 * MB),
    ("/usr/include", 40 * MB),
    ("/usr/share", 60 * MB),
    ("/usr/bin", 60 * MB),
    ("/usr/lib", 60 * MB),
]
TOTAL = 240 * MB
FILE_MAX = 24 * MB
FILES_MAX = 9000


def copy(target):
    """Copies real files, in the order of their paths, until there is enough of them."""
    total = count = 0
    taken = set()
    for source, limit in SOURCES:
        used = 0
        for directory, folders, names in os.walk(source):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(directory, name)
                if total >= TOTAL or used >= limit or count >= FILES_MAX or path in taken:
                    break
                try:
                    facts = os.lstat(path)
                    if stat.S_ISREG(facts.st_mode) and not 0 <= facts.st_size <= FILE_MAX:
                        continue
                    if not (stat.S_ISREG(facts.st_mode) or stat.S_ISLNK(facts.st_mode)):
                        continue
                    place = os.path.join(target, path.lstrip("/"))
                    os.makedirs(os.path.dirname(place), exist_ok=True)
                    shutil.copy2(path, place, follow_symlinks=False)
                except OSError:
                    continue  # Not readable for this user.
                taken.add(path)
                count += 1
                used += facts.st_size
                total += facts.st_size
    return count


def write(path, content=b"", mode=0o644):
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)


def attribute(path, name, value):
    try:
        os.setxattr(path, name, value, follow_symlinks=False)
    except OSError:
        pass  # This file system keeps none.


def oddities(folder):
    odd = os.fsencode(folder) + b"/odd"
    os.makedirs(odd)

    def at(name):
        return os.path.join(odd, name)

    for name in [
        b"with spaces and 'quotes' \"both\"", "umlaut-äöü-日本語-🗄".encode(), b"new\nline", b"not utf-8 \xff\xfe\x80",
        b"-looks-like-an-option", b"*", b"back\\slash", b".hidden", b"trailing dot.", b" ", b"n" * 255,
    ]:
        write(at(name), b"the content of " + name + b"\n")

    os.makedirs(at(b"empty folder"))
    os.makedirs(at(b"deep/" + b"/".join([b"folder"] * 40)))
    os.makedirs(at(b"folder \xff\n/inside"))
    write(at(b"folder \xff\n/inside/file"), b"inside")
    write(at(b"empty"))
    write(at(b"one byte"), b"1")
    for mode in (0o400, 0o600, 0o755, 0o4755, 0o1644):
        write(at(b"mode %o" % mode), b"mode", mode)
    for number in range(300):
        write(at(b"tiny-%03d" % number), b"%d\n" % number * number)

    # Links of every kind: to a file, to nowhere, absolute, in a circle.
    os.symlink(b"one byte", at(b"link"))
    os.symlink(b"../nowhere/at all", at(b"dangling"))
    os.symlink(b"/etc/hostname", at(b"absolute link"))
    os.symlink(b"circle", at(b"circle"))
    os.symlink(b"\xff\xfe\n", at(b"link to \xff"))
    write(at(b"hard link 1"), os.urandom(2 * MB))
    os.link(at(b"hard link 1"), at(b"hard link 2"))
    os.link(at(b"hard link 1"), at(b"empty folder/../deep/hard link 3"))

    # A disk image with holes: 256 MB that need less than one.
    with open(at(b"sparse.img"), "wb") as file:
        for position in (0, 40 * MB + 123, 200 * MB):
            file.seek(position)
            file.write(os.urandom(100_000))
        file.truncate(256 * MB)
    # Twice the same content, moved by one byte: nothing of it is stored twice.
    content = os.urandom(6 * MB)
    write(at(b"same-1"), content)
    write(at(b"same-2"), b"!" + content)
    write(at(b"zeros"), bytes(3 * MB))

    attribute(at(b"one byte"), "user.note", b"kept \x00 with it")
    attribute(at(b"one byte"), "user.empty", b"")
    attribute(at(b"empty folder"), "user.folder", b"attribute of a folder")

    os.utime(at(b"empty"), ns=(0, 1))
    os.utime(at(b"one byte"), ns=(0, 1_234_567_890_123_456_789))
    os.utime(at(b"mode 600"), ns=(0, -86_400_000_000_000 + 5))
    os.utime(at(b"link"), ns=(0, 987_654_321_000_000_001), follow_symlinks=False)
    os.chmod(at(b"empty folder"), 0o2710)
    os.utime(at(b"empty folder"), ns=(0, 1_000_000_000_000_000_007))


def main(folder):
    os.makedirs(folder, exist_ok=True)
    copy(folder)
    oddities(folder)


if __name__ == "__main__":
    main(sys.argv[1])

"""What is backed up: made from a seed, alike on every machine except for C, which comes from the system."""

import dataclasses
import os
import random
import shutil

from modules import compare_trees, sample_folder

MIB = 1 << 20
WORDS = "the chunk and a holder that keeps its promise is worth more than two which only say so".split()

DESCRIPTIONS = {
    "A": "8 incompressible files of 64 MiB and 4,000 of 0.5–20 kB",
    "B": "20,000 files of 0.2–4 kB, half text, half incompressible",
    "C": "a tree of text and binaries of this system",
    "D": "4 GB in one incompressible file, and one of 1 MB beside it",
    "small-sparse": "the file of `sparse`, with an eighth of its size",
    "sparse": "one huge file, 1 MiB of data in every 64 MiB, the rest holes",
}


@dataclasses.dataclass
class Corpus:
    name: str
    folder: str
    files: int
    bytes: int
    # The content of every file, to compare restored ones with.
    contents: dict
    # A part of it, for a contender that would take hours for all; its own corpus.
    part: "Corpus | None" = None

    def warm(self):
        """Reads everything once, so that nobody has to wait for the disk."""
        for directory, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(directory, name)
                if os.path.isfile(path) and not is_sparse(path):
                    with open(path, "rb", buffering=0) as file:
                        while file.read(4 * MIB):
                            pass


def is_sparse(path):
    facts = os.stat(path)
    return facts.st_blocks * 512 < facts.st_size // 2


def make(name, folder, options):
    """Corpus `name` in a new folder. Smaller when options.scale is below one."""
    os.makedirs(folder)
    draw = random.Random(f"quloud {name}")
    if name == "A":
        make_a(folder, draw, options.scale)
    elif name == "B":
        make_small(folder, draw, scaled(20_000, options.scale), 200, 4_000)
    elif name == "C":
        sample_folder.TOTAL = int(sample_folder.TOTAL * options.scale)
        sample_folder.FILES_MAX = scaled(sample_folder.FILES_MAX, options.scale)
        sample_folder.copy(folder)
    elif name == "D":
        write(os.path.join(folder, "large"), draw, scaled(4_000_000_000, options.scale))
        write(os.path.join(folder, "one"), draw, 1_000_000)
    else:
        size = scaled(options.sparse, options.scale) // (8 if name == "small-sparse" else 1)
        make_sparse(os.path.join(folder, "disk"), draw, size)
    return describe(name, folder)


def describe(name, folder):
    contents = {} if "sparse" in name else read_tree(folder)
    files = [os.path.join(directory, name) for directory, _, names in os.walk(folder) for name in names]
    regular = [path for path in files if not os.path.islink(path)]
    return Corpus(name, folder, len(regular), sum(os.path.getsize(path) for path in regular), contents)


def part_of(corpus, folder, files):
    """The first `files` files of a corpus, copied."""
    for path in sorted(corpus.contents)[:files]:
        target = os.path.join(folder, os.fsdecode(path))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(os.path.join(corpus.folder, os.fsdecode(path)), target)
    return describe(corpus.name, folder)


def read_tree(folder):
    """Relative path to digest or link target, for every file and link below a folder."""
    root, found = os.fsencode(folder), {}
    for directory, _, names in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root)] = (
                os.readlink(path) if os.path.islink(path) else compare_trees.content(path))
    return found


def scaled(number, scale):
    return max(1, int(number * scale))


def make_a(folder, draw, scale):
    for number in range(8):
        write(os.path.join(folder, f"large-{number}"), draw, scaled(64 * MIB, scale))
    for number in range(scaled(4_000, scale)):
        write(numbered(folder, number), draw, draw.randint(500, 20_000))


def make_small(folder, draw, files, least, most):
    for number in range(files):
        size, path = draw.randint(least, most), numbered(folder, number)
        if number % 2:
            write(path, draw, size)
            continue
        text = " ".join(draw.choice(WORDS) for _ in range(size // 3)).encode()[:size]
        with open(path, "wb") as file:
            file.write(text.ljust(size, b"."))


def numbered(folder, number):
    """A file in a folder of 200."""
    directory = os.path.join(folder, f"folder-{number // 200:03}")
    os.makedirs(directory, exist_ok=True)
    return os.path.join(directory, f"file-{number:05}")


def write(path, draw, size):
    with open(path, "wb") as file:
        while size > 0:
            file.write(draw.randbytes(min(size, 8 * MIB)))
            size -= 8 * MIB


def make_sparse(path, draw, size):
    with open(path, "wb") as file:
        for position in range(0, size, 64 * MIB):
            file.seek(position)
            file.write(draw.randbytes(min(MIB, size - position)))
        file.truncate(size)

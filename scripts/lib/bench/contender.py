"""What every contender has in common: steps over a corpus in a sandbox of its own, each checked."""

import os

import corpora
from machine import Failure, disk_use


class Contender:
    """A program that backs up. Subclasses say how; a step they do not have they leave out of `stories`."""

    name = ""
    # The steps that are run, in their order, by corpus.
    stories = {}

    def __init__(self, sandbox, options):
        self.sandbox, self.options = sandbox, options

    @classmethod
    def missing(cls, options):
        """Why this contender cannot take part; None when it can."""
        return None

    def corpus(self, corpus):
        """What is backed up of a corpus."""
        return corpus

    def begin(self):
        """A fresh repository or grid, ready for the first backup. Not timed."""

    def stores(self):
        """The folders that backed up data lie in."""
        return []

    def run(self, step, corpus):
        """One step, timed, then checked."""
        target = self.sandbox.path(step)
        if step in ("restore", "one"):
            os.makedirs(target)
        done = getattr(self, step)(corpus, target) if step in ("restore", "one") else getattr(self, step)(corpus)
        if step == "restore":
            verify(target, corpus.contents)
        if step == "one":
            verify(target, {b"one": corpus.contents[b"one"]})
        done.disk = disk_use(*self.stores())
        done.work = 1 if step == "one" else corpus.files if corpus.name in "BC" else corpus.bytes
        return done


def verify(target, contents):
    """Byte for byte, wherever below `target` the program has put the tree."""
    found = corpora.read_tree(inner(target, contents))
    wrong = [path for path in contents.keys() | found.keys() if contents.get(path) != found.get(path)]
    if wrong:
        raise Failure(f"restored wrongly: {len(wrong)} of {len(contents)}, such as {os.fsdecode(min(wrong))}")


def inner(folder, contents):
    """Programs restore `/srv/A` as `srv/A`, `A` or directly: the folder that has the first entries of the corpus."""
    names = {path.split(b"/")[0] for path in contents}
    while True:
        entries = os.listdir(os.fsencode(folder))
        if len(entries) != 1 or names.intersection(entries):
            return folder
        folder = os.path.join(folder, os.fsdecode(entries[0]))

"""BorgBackup: one local copy, encrypted (repokey-blake2), its defaults."""

import os
import shutil
import subprocess

from contender import Contender


class Borg(Contender):
    name = "borg"
    stories = {
        "A": ["backup", "restore"], "B": ["backup", "again", "restore"], "C": ["backup", "again", "restore"],
        "D": ["backup", "one"],
    }

    @classmethod
    def missing(cls, options):
        return None if shutil.which("borg") else "borg is not installed"

    def begin(self):
        self.environment = dict(
            os.environ, BORG_REPO=self.sandbox.path("repository"), BORG_PASSPHRASE="benchmark",
            BORG_BASE_DIR=self.sandbox.path("base"))
        subprocess.run(["borg", "init", "--encryption=repokey-blake2"], env=self.environment, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.archive = 0

    def stores(self):
        return [self.sandbox.path("repository")]

    def backup(self, corpus):
        self.archive += 1
        return self.sandbox.step(["borg", "create", f"::{self.archive}", corpus.folder], environment=self.environment)

    again = backup

    def restore(self, corpus, target, *paths):
        return self.sandbox.step(
            ["borg", "extract", f"::{self.archive}", *paths], environment=self.environment, directory=target)

    def one(self, corpus, target):
        return self.restore(corpus, target, os.path.join(corpus.folder, "one").lstrip("/"))

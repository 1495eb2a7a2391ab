"""restic: one local copy, encrypted, its defaults."""

import os
import subprocess
import shutil

from contender import Contender


class Restic(Contender):
    name = "restic"
    stories = {
        "A": ["backup", "restore"], "B": ["backup", "again", "restore"], "C": ["backup", "again", "restore"],
        "D": ["backup", "one"],
    }

    @classmethod
    def missing(cls, options):
        return None if shutil.which("restic") else "restic is not installed"

    def begin(self):
        self.environment = dict(
            os.environ, RESTIC_REPOSITORY=self.sandbox.path("repository"), RESTIC_PASSWORD="benchmark",
            RESTIC_CACHE_DIR=self.sandbox.path("cache"))
        subprocess.run(["restic", "init", "--quiet"], env=self.environment, check=True)

    def stores(self):
        return [self.sandbox.path("repository")]

    def restic(self, *arguments):
        return self.sandbox.step(["restic", *arguments, "--quiet"], environment=self.environment)

    def backup(self, corpus):
        return self.restic("backup", corpus.folder)

    again = backup

    def restore(self, corpus, target):
        return self.restic("restore", "latest", "--target", target)

    def one(self, corpus, target):
        return self.restic("restore", "latest", "--target", target, "--include", os.path.join(corpus.folder, "one"))

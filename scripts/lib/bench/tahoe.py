"""Tahoe-LAFS: an introducer, four storage nodes and a client, three whole copies (1-of-3): the same job as ours."""

import json
import os
import re
import subprocess
import urllib.request

import corpora
from contender import Contender
from machine import Failure, free_port, read, wait_until

STORAGE = ["storage-1", "storage-2", "storage-3", "storage-4"]


class Tahoe(Contender):
    name = "tahoe"
    stories = {"A": ["backup", "restore", "audit"], "B": ["backup", "restore"]}

    @classmethod
    def missing(cls, options):
        return None if os.access(options.tahoe, os.X_OK) else "Tahoe-LAFS is not installed"

    def corpus(self, corpus):
        """It stores some ten files a second: of B it gets a part, and files per second are compared."""
        if corpus.name != "B" or corpus.files <= self.options.tahoe_files:
            return corpus
        if corpus.part is None:
            corpus.part = corpora.part_of(corpus, corpus.folder + "-part", self.options.tahoe_files)
        return corpus.part

    def begin(self):
        self.create("create-introducer", "introducer", *self.listening())
        furl_file = self.sandbox.path("introducer", "private", "introducer.furl")
        self.daemons = [self.start("introducer")]
        wait_until(lambda: os.path.exists(furl_file), 120, "the introducer of Tahoe-LAFS does not start")
        introducer = ["--introducer", read(furl_file).strip()]
        for name in STORAGE:
            self.create("create-node", name, *introducer, "--webport", "none", *self.listening())
        self.create("create-client", "client", *introducer, "--webport", f"tcp:{free_port()}:interface=127.0.0.1",
                    "--shares-needed=1", "--shares-happy=3", "--shares-total=3")
        self.daemons += [self.start(name) for name in [*STORAGE, "client"]]
        wait_until(self.is_connected, 180, "the client of Tahoe-LAFS does not find its storage nodes")
        self.call(*self.at_client, "create-alias", "backup")

    def listening(self):
        port = free_port()
        return ["--port", f"tcp:{port}:interface=127.0.0.1", "--location", f"tcp:127.0.0.1:{port}"]

    def create(self, command, node, *arguments):
        self.call(command, *arguments, self.sandbox.path(node))

    def call(self, *words):
        done = subprocess.run(
            [self.options.tahoe, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"tahoe {words}: {(done.stderr or done.stdout)[-500:]}")

    @property
    def at_client(self):
        return ["--node-directory", self.sandbox.path("client")]

    def start(self, node):
        return self.sandbox.daemon(node, [self.options.tahoe, "run", "--allow-stdin-close", self.sandbox.path(node)])

    def is_connected(self):
        try:
            url = read(self.sandbox.path("client", "node.url")).strip()
            with urllib.request.urlopen(f"{url}?t=json", timeout=10) as answer:
                servers = json.load(answer)["servers"]
        except (OSError, ValueError):
            return False
        return sum(server["connection_status"].lower().startswith("connected") for server in servers) >= len(STORAGE)

    def stores(self):
        return [self.sandbox.path(name, "storage") for name in STORAGE]

    def tahoe(self, *words):
        return self.sandbox.step(
            [self.options.tahoe, *self.at_client, *words], self.daemons)

    # MARK: Steps

    def backup(self, corpus):
        return self.tahoe("backup", corpus.folder, "backup:")

    def restore(self, corpus, target):
        return self.tahoe("cp", "--recursive", "backup:Latest", target)

    def audit(self, corpus):
        done = self.tahoe("deep-check", "--verify", "backup:Latest")
        counts = re.search(r"done: (\d+) objects checked\D+(\d+) healthy, (\d+) unhealthy", done.output)
        if not counts or counts.group(1) != counts.group(2) or int(counts.group(1)) < corpus.files:
            raise Failure(f"deep-check: {done.output[-300:]}")
        return done

"""Ours: a broker, four holders and an owner, each a process of its own; three durable copies."""

import json
import os
import subprocess
import time

import wire
from contender import Contender
from machine import Daemon, Failure, read
from modules import report

HOLDERS = ["holder-1", "holder-2", "holder-3", "holder-4"]
QUORUM = 3


class Quloud(Contender):
    name = "ours"
    stories = {
        "A": ["backup", "restore", "audit"], "B": ["backup", "again", "restore"], "C": ["backup", "again", "restore"],
        "D": ["backup", "one"], "small-sparse": ["backup"], "sparse": ["backup"],
    }

    def begin(self):
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("QULOUD_")}
        self.environment["QULOUD_HOLDER_RESERVE_FREE"] = "64 MiB"
        if self.options.unsafe:
            self.environment["QULOUD_HOLDER_ALLOW_UNSAFE_FILESYSTEM"] = "true"
        self.node("hub", "--no-owner", "--no-holder", "--broker", "embedded")
        self.daemons = [self.start("hub")]
        self.daemons[0].wait_for("node started")
        broker = self.sandbox.path("hub", "data", "broker")
        port = read(os.path.join(broker, "broker.port")).strip()
        self.daemons.append(Daemon(int(read(os.path.join(broker, "broker.pid"))), "broker", None))
        fabric = ["--broker", f"nats://127.0.0.1:{port}", "--user", "quloud",
                  "--password-file", os.path.join(broker, "broker.password")]
        for name in HOLDERS:
            self.node(name, "--no-owner", *fabric)
        self.node("owner", "--no-holder", "--quorum", str(QUORUM), *fabric)
        started = [self.start(name) for name in [*HOLDERS, "owner"]]
        for child in started:
            child.wait_for("node started")
        self.daemons += started
        self.wire = lambda: wire.payload(int(port))

    def node(self, name, *arguments):
        os.makedirs(self.sandbox.path(name))
        made = subprocess.run(
            [*self.quloud("init", name), "--data-dir", self.sandbox.path(name, "data"), *arguments],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if made.returncode != 0:
            raise Failure(f"quloud init: {made.stderr.strip()}")

    def quloud(self, command, node):
        return [self.options.quloud, command, "--config", self.sandbox.path(node, "node.toml")]

    def start(self, node):
        return self.sandbox.daemon(node, self.quloud("node", node), self.environment)

    def stores(self):
        return [self.sandbox.path(name, "data") for name in HOLDERS]

    def idle(self):
        """Resident bytes of each daemon that has nothing to do."""
        time.sleep(3)
        return {child.name: child.memory("VmRSS") for child in self.daemons}

    def owner(self, command, *arguments):
        done = self.sandbox.step(
            [*self.quloud(command, "owner"), *arguments, "--json"], self.daemons, self.wire, self.environment)
        done.facts = report.last_object(self.sandbox.path("output"))
        return done

    def value(self, done, key):
        return report.find(done.facts, key)

    # MARK: Steps

    def backup(self, corpus):
        done = self.owner("backup", corpus.folder)
        if not self.value(done, "isProtected"):
            raise Failure(f"not on {QUORUM} holders: {json.dumps(done.facts)[:400]}")
        return done

    def again(self, corpus):
        done = self.backup(corpus)
        if self.value(done, "unchangedFiles") != self.value(done, "files"):
            raise Failure(f"not all files count as unchanged: {json.dumps(done.facts)[:400]}")
        return done

    def restore(self, corpus, target):
        return self.owner("restore", "latest", "--to", target)

    def one(self, corpus, target):
        return self.owner("restore", "latest", os.path.join(corpus.folder, "one"), "--to", target)

    def audit(self, corpus):
        done = self.owner("audit")
        if not 0 < self.value(done, "challenged") == self.value(done, "valid"):
            raise Failure(f"not all replicas are valid: {json.dumps(done.facts)[:400]}")
        return done

"""The rows of the table: what is compared, and what is to be reached."""

import dataclasses
import statistics

MIB = 1 << 20


@dataclasses.dataclass
class Spread:
    """Several runs of one thing."""
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values):
        return cls(statistics.median(values), min(values), max(values)) if values else None


@dataclasses.dataclass
class Target:
    # Contenders; the fastest of them counts.
    against: tuple
    at_least: float
    aim: float


@dataclasses.dataclass
class Race:
    """How fast a step is, as a ratio to peers in the same round: above 1 ours is the faster."""
    name: str
    title: str
    corpus: str
    step: str
    unit: str
    targets: list

    @property
    def corpora(self):
        return [self.corpus]

    def rates(self, rounds, contender):
        """By round; none at all of a contender that failed, or restored wrongly, in any of them."""
        own = [one for one in rounds if one.corpus == self.corpus and one.contender == contender]
        if any(one.failure for one in own):
            return {}
        return {one.number: one.steps[self.step].rate for one in own if self.step in one.steps}

    def lines(self, rounds):
        ours = self.rates(rounds, "ours")
        for target in self.targets:
            peers = [self.rates(rounds, peer) for peer in target.against]
            # All of them took part, or there is no fastest.
            numbers = set(ours).intersection(*peers)
            fastest = {number: max(peer[number] for peer in peers) for number in numbers}
            yield Line(self, Spread.of(list(ours.values())), " or ".join(target.against),
                       Spread.of(list(fastest.values())),
                       Spread.of([ours[number] / fastest[number] for number in numbers]),
                       target.at_least, target.aim)


@dataclasses.dataclass
class Bound:
    """A number of ours that must not be above a limit."""
    name: str
    title: str
    corpora: list
    unit: str
    # From one round of ours to a number, or None.
    measure: object
    at_most: float
    aim: float | None = None
    # How rounds of several corpora are put together: the worst counts for memory.
    worst: bool = False

    def lines(self, rounds):
        values = {}
        for one in rounds:
            value = self.measure(one) if one.contender == "ours" and not one.failure else None
            if value is not None and one.corpus in self.corpora:
                values.setdefault(one.number, []).append(value)
        joined = [max(found) if self.worst else statistics.mean(found) for found in values.values()]
        yield Line(self, Spread.of(joined), None, None, None, self.at_most, self.aim)


@dataclasses.dataclass
class Growth(Bound):
    """Memory with the whole file, compared with an eighth of it: in the same round."""

    def lines(self, rounds):
        peaks = {(one.corpus, one.number): self.measure(one) for one in rounds
                 if one.contender == "ours" and not one.failure and one.corpus in self.corpora}
        ratios = [peaks["sparse", number] / peaks["small-sparse", number]
                  for corpus, number in peaks if corpus == "sparse" and ("small-sparse", number) in peaks]
        yield Line(self, Spread.of(ratios), None, None, None, self.at_most, self.aim)


@dataclasses.dataclass
class Line:
    row: object
    ours: Spread | None
    against: str | None
    theirs: Spread | None
    ratio: Spread | None
    at_least: float
    aim: float | None

    @property
    def verdict(self):
        value, higher = (self.ratio, True) if self.against else (self.ours, False)
        if value is None:
            return "not measured"
        reaches = (lambda limit: value.median >= limit) if higher else (lambda limit: value.median <= limit)
        if self.aim is not None and reaches(self.aim):
            return "aim reached"
        return "reached" if reaches(self.at_least) else "NOT REACHED"


def wire_per_replica(one):
    step = one.steps.get("audit")
    return step and step.wire / step.facts["challenged"]


def stored_per_byte(one):
    step = one.steps.get("backup")
    return step and step.disk / step.work


def peak(*names):
    def measure(one):
        peaks = [bytes for step in one.steps.values() for name, bytes in step.peaks.items() if name.startswith(names)]
        return max(peaks) / MIB if peaks else None
    return measure


def idle(one):
    found = [bytes for name, bytes in one.idle.items() if name.startswith(("holder", "owner"))]
    return max(found) / MIB if found else None


LOADS = ["A", "B", "C", "D", "sparse"]
FASTER = Target(("restic", "borg"), 1.0, 2.0)
ROWS = [
    Race("backup-A", "first backup of A, three durable copies", "A", "backup", "MB/s",
         [Target(("restic",), 0.6, 1.0), Target(("tahoe",), 4, 8)]),
    Race("backup-B", "first backup of B", "B", "backup", "files/s",
         [Target(("restic",), 0.5, 1.0), Target(("tahoe",), 50, 100)]),
    Race("again-B", "unchanged second backup of B", "B", "again", "files/s", [FASTER]),
    Race("again-C", "unchanged second backup of C", "C", "again", "files/s", [FASTER]),
    Race("restore-A", "restore of A", "A", "restore", "MB/s", [Target(("restic",), 1.0, 1.5)]),
    Race("restore-B", "restore of B", "B", "restore", "files/s", [Target(("restic",), 1.0, 1.5)]),
    Race("one-D", "one file of 1 MB out of D", "D", "one", "1/s", [Target(("restic",), 1.0, 2.0)]),
    Race("audit-A", "full audit of A on all holders", "A", "audit", "MB/s", [Target(("tahoe",), 2, 5)]),
    Bound("wire-A", "bytes on the wire per audited replica", ["A"], "B", wire_per_replica, 400, 150),
    Bound("stored-A", "stored bytes per logical byte, quorum 3", ["A"], "", stored_per_byte, 3.10, 3.05),
    Bound("idle", "memory of an idle daemon", LOADS, "MiB", idle, 40, worst=True),
    Bound("memory-holder", "memory of a holder under full load", LOADS, "MiB", peak("holder"), 160, worst=True),
    Bound("memory-owner", "memory of the owner under full load", LOADS, "MiB", peak("owner"), 160, worst=True),
    Growth("sparse", "memory of the owner: huge file / an eighth of it", ["small-sparse", "sparse"], "",
           peak("owner"), 1.2),
]

"""Runs the contenders over the corpora, one after another, round after round."""

import dataclasses
import sys
import traceback

import corpora
from borg import Borg
from machine import Failure, Sandbox
from quloud import Quloud
from restic import Restic
from tahoe import Tahoe

CONTENDERS = [Quloud, Restic, Borg, Tahoe]


@dataclasses.dataclass
class Round:
    """What one contender did with one corpus, once."""
    corpus: str
    number: int
    contender: str
    steps: dict = dataclasses.field(default_factory=dict)
    idle: dict = dataclasses.field(default_factory=dict)
    # Why its numbers do not count.
    failure: str | None = None


def run_all(names, options, folder):
    """A `Round` for each corpus, round and contender."""
    present = []
    for contender in CONTENDERS:
        reason = contender.missing(options)
        if reason:
            say(f"left out: {reason}")
        else:
            present.append(contender)
    for name in names:
        say(f"making corpus {name}: {corpora.DESCRIPTIONS[name]}")
        corpus = corpora.make(name, f"{folder}/{name}", options)
        say(f"  {corpus.files} files, {corpus.bytes / 1e6:.1f} MB")
        for number in range(1, options.runs + 1):
            for contender in present:
                if name in contender.stories:
                    yield run_one(contender, corpus, number, options, f"{folder}/retired")


def run_one(contender, corpus, number, options, retired):
    result = Round(corpus.name, number, contender.name)
    try:
        with Sandbox(options.folder, retired) as sandbox:
            one = contender(sandbox, options)
            own = one.corpus(corpus)
            own.warm()
            one.begin()
            if isinstance(one, Quloud):
                result.idle = one.idle()
            for step in contender.stories[corpus.name]:
                result.steps[step] = done = one.run(step, own)
                say(f"  {corpus.name} round {number}: {contender.name:6} {step:7} {done.seconds:8.2f} s")
    except Failure as failure:
        result.failure = str(failure)
    except Exception as failure:  # A broken peer must not cost the numbers of the others.
        traceback.print_exc()
        result.failure = repr(failure)
    if result.failure:
        say(f"  {corpus.name} round {number}: {contender.name} FAILED: {result.failure}")
    return result


def say(text):
    print(text, file=sys.stderr, flush=True)

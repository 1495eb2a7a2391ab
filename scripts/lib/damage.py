"""Damages what two holders keep, and says how.

Usage: damage.py BLOBS-OF-ONE BLOBS-OF-OTHER COUNT

Deletes up to COUNT blobs of the first holder, and flips one bit in the middle of one blob of the second. The blob of the second
has another size than any of the first: they are not replicas of the same chunk, whatever else is lost.
Prints how many were deleted, and the blob with the flipped bit.
"""

import os
import sys


def blobs(folder):
    found = []
    for shard in sorted(os.listdir(folder)):
        if len(shard) == 2:
            found += [os.path.join(folder, shard, name) for name in sorted(os.listdir(os.path.join(folder, shard)))]
    return found


def choose(candidates, others, count):
    """What to delete of the first, and what to falsify of the second holder."""
    wanted = max(1, min(count, len(candidates) // 4))
    step = max(1, len(candidates) // wanted)
    # A small backup may need another choice.
    for deleted in [candidates[::step][:wanted]] + [[path] for path in candidates]:
        sizes = {os.path.getsize(path) for path in deleted}
        victim = next((path for path in others if os.path.getsize(path) not in sizes), None)
        if deleted and victim:
            return deleted, victim
    sys.exit("damage: the holders keep too little for this story, back up something larger")


def main(one, other, count):
    deleted, victim = choose(blobs(one), blobs(other), count)
    for path in deleted:
        os.unlink(path)
    os.chmod(victim, 0o600)
    with open(victim, "r+b") as file:
        file.seek(os.path.getsize(victim) // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 0b0001_0000]))
    print(len(deleted), victim)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

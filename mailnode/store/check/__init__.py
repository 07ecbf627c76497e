"""Is the store sound? Everything that is kept twice is compared, and mended where one of the two can be trusted.

    counters    what mailboxes and users count, against their entries; the order of uids and modseqs
    references  entries and messages, in both directions
    bodies      each body against its hash; a lost one is looked for everywhere, and its messages are marked
    index       the search index, against the messages
    files       segments and objects that no row names, leftovers

Works while the server runs: each look is one statement or one short transaction, so it sees no half-made change, and
each repair takes the lock of the user's counters, which every change of mail takes. `run` does it all.
"""

from mailnode.store.check.bodies import LOST
from mailnode.store.check.faults import Fault, Kind
from mailnode.store.check.runner import Hands, Progress, run

__all__ = ["LOST", "Fault", "Hands", "Kind", "Progress", "run"]

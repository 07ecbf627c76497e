"""What became of every message, step after step, for those who ask later.

Whoever takes, keeps, sends, defers or refuses mail writes one narrow row about it (`record`), in the transaction of
what the row tells about. The writer pays for that row only: what a row is looked up by stands in it as hashes, and
another process sorts these into the index some moments later (`indexing`). Who asks (`finding`) looks into the index,
and at the last rows themselves. Nobody is shown what is another's (`viewing`).
"""

"""What DKIM costs: one message signed and verified, beside dkimpy, in CPU time without any DNS."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable

import dkim

from mailnode.senderauth import canonical, dkim_keys, dkim_verify
from mailnode.senderauth.dkim_sign import Signer, sign
from tests.bench.figures import Figure, Group, span
from tests.support.signatures import LETTER, key, pem, published

NOW = 1_700_000_000
LINE = b"Some words of  text and then some more of them.\r\n"
SIZES = {"3 KB": 3_000, "1 MB": 1_000_000}


def compared(rounds: int) -> Group:
    """Each with an RSA key of 2048 bits and relaxed forms."""
    figures = [figure for name, size in SIZES.items() for figure in _of_size(name, size, rounds)]
    return Group("DKIM", "dkimpy", f"CPU time of one message, median of {rounds}", figures)


def _of_size(name: str, size: int, rounds: int) -> list[Figure]:
    letter = LETTER + LINE * (size // len(LINE))
    signer = Signer("example.test", "s", key("rsa"))
    signed, zones = sign(letter, [signer], NOW) + letter, published("rsa")
    private, record = pem("rsa").encode(), dkim_keys.txt_value(pem("rsa")).encode()

    async def verify() -> None:
        (found,) = await dkim_verify.verify(zones, canonical.read(signed), NOW)
        assert found.result == "pass"

    def signed_by_dkimpy() -> None:
        dkim.sign(letter, b"s", b"example.test", private, canonicalize=(b"relaxed", b"relaxed"))

    def verified_by_dkimpy() -> None:
        assert dkim.verify(signed, dnsfunc=lambda _, timeout=5: record)

    with asyncio.Runner() as runner:
        ours = (_cost(lambda: sign(letter, [signer], NOW), rounds), _cost(lambda: runner.run(verify()), rounds))
    theirs = (_cost(signed_by_dkimpy, rounds), _cost(verified_by_dkimpy, rounds))
    words = (f"DKIM: sign {name}", f"DKIM: verify {name}")
    return [Figure(word, span(a), span(b), b / a) for word, a, b in zip(words, ours, theirs, strict=True)]


def _cost(work: Callable[[], object], rounds: int) -> float:
    """Seconds of CPU."""
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)

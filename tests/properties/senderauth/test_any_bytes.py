"""Whatever a stranger sends, and whatever their DNS says: a result, and no exception."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from mailnode.senderauth import canonical, dmarc_record, public_keys, results, results_read, spf, spf_record, tags
from mailnode.senderauth.arc_seal import seal
from mailnode.senderauth.check import check
from mailnode.senderauth.dkim_sign import Signer
from mailnode.senderauth.spf_record import BadRecord
from tests.support.signatures import key, published, signed
from tests.support.zones import TIMEOUT, Zones

PIECES = [
    *(b"v=1", b"i=1", b"i=2", b"a=rsa-sha256", b"d=example.test", b"s=s", b"h=from", b"bh=AAAA", b"b=AAAA", b"cv=none"),
    *(b"l=5", b"x=1", b"c=simple", b"t=y", b"q=dns/txt", b"p=", b"k=ed25519", b"v=DKIM1", b"v=DMARC1", b"p=reject"),
    *(
        b"; ",
        b";",
        b"=",
        b" ",
        b"\t",
        b"\r\n",
        b"\r\n ",
        b"\n",
        b"\r",
        b"(",
        b")",
        b'"',
        b"\\",
        b",",
        b"@",
        b".",
        b"\xff",
    ),
    *(b"DKIM-Signature:", b"ARC-Seal:", b"ARC-Message-Signature:", b"ARC-Authentication-Results:", b"From:"),
    *(b"Authentication-Results:", b"mail.example.com", b"a@example.test", b"x", b"%{", b"}", b"v=spf1", b"include:"),
    *(b"exp=", b"redirect=", b"a", b"mx/24", b"ptr", b"ip4:192.0.2.1", b"-all", b"exists:%{i}.", b"example.test"),
]
anything = st.one_of(st.binary(max_size=400), st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join))
words = st.one_of(st.text(max_size=60), anything.map(lambda octets: octets.decode("latin-1")))


def zones(text: bytes) -> Zones:
    """Every name of example.test says ``text``."""
    record = {"TXT": [text], "A": ["192.0.2.1"], "MX": [(1, "example.test")], "PTR": ["example.test"]}
    names = (
        "example.test",
        "s._domainkey.example.test",
        "_dmarc.example.test",
        "_dmarc.test",
        "1.2.0.192.in-addr.arpa",
    )
    return Zones(dict.fromkeys(names, record))


@given(raw=anything, text=anything, helo=words, sender=words)
def test_check(raw: bytes, text: bytes, helo: str, sender: str) -> None:
    async def run() -> bytes:
        found = await check(zones(text), "192.0.2.1", helo, sender, raw, 1_800_000_000, authserv_id="mail.example.com")
        return found.fields

    fields = asyncio.run(run())
    assert fields.endswith(b"\r\n")
    assert fields.count(b"\n") == fields.count(b"\r\n") == fields.count(b"\r\n\t") + 1
    assert results.claims(fields.partition(b":")[2], "mail.example.com")
    assert results_read.parse(fields.partition(b":")[2][:-2]) is not None


@given(raw=anything, at=st.integers(0, 600), junk=anything)
def test_a_spoilt_signature_is_judged(raw: bytes, at: int, junk: bytes) -> None:
    good = signed()
    spoilt = good[:at] + junk + good[at:]
    asyncio.run(check(published(), "192.0.2.1", "x", "", spoilt, 1_800_000_000, authserv_id="mail.example.com"))


@given(anything)
def test_records(text: bytes) -> None:
    dmarc_record.chosen([text])
    dmarc_record.read(b"v=DMARC1;" + text)
    for record in spf_record.chosen([text, b"v=spf1 " + text]):
        try:
            spf_record.read(record)
        except BadRecord:
            continue
    try:
        public_keys.read(text)
    except public_keys.BadKey:
        pass


@given(text=anything, sender=words)
def test_spf(text: bytes, sender: str) -> None:
    async def run() -> None:
        for record in (b"v=spf1 " + text, text):
            found = await spf.check(zones(record), "2001:db8::1", sender, sender)
            assert found.explanation.isascii() or not sender.isascii()

    asyncio.run(run())


@given(anything)
def test_tags(value: bytes) -> None:
    tags.parse(value)
    bare = tags.without_signature(value)
    assert tags.without_signature(bare) == bare


@given(anything)
def test_results(raw: bytes) -> None:
    results_read.parse(raw)
    left = results.without_forged(raw, "mail.example.com")
    assert results.own(left, "mail.example.com") == []


@given(anything)
def test_canonical_forms(raw: bytes) -> None:
    message = canonical.read(raw)
    for relaxed in (True, False):
        body = b"".join(message.canonical_body(relaxed=relaxed))
        assert not body.endswith(b"\r\n\r\n")
        message.canonical_fields(message.places, relaxed=relaxed)


@given(raw=anything)
def test_seal(raw: bytes) -> None:
    message = canonical.read(raw)
    seal(message, Signer("example.test", "s", key("ed25519")), results=b"m; none", chain="fail", now=1)


def test_timeouts_everywhere() -> None:
    names = ("example.test", "s._domainkey.example.test", "_dmarc.example.test")
    silence = {kind: [TIMEOUT] for kind in ("TXT", "A", "MX", "PTR")}
    lookup = Zones(dict.fromkeys(names, silence))
    asyncio.run(check(lookup, "192.0.2.1", "example.test", "a@example.test", signed(), 1, authserv_id="m.example"))

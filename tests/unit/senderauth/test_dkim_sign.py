"""DKIM signatures, judged by dkimpy, which shares no code with ours.

dkimpy checks Ed25519 with PyNaCl, which is not among our dependencies: the one call it makes is
answered by ``cryptography`` here. What is signed, and over which bytes, dkimpy still decides itself.
"""

from __future__ import annotations

import base64
import types
from collections.abc import Callable
from functools import cache

import dkim
import dkim.canonicalization
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from mailnode.senderauth import canonical, dkim_keys
from mailnode.senderauth.dkim_keys import Algorithm
from mailnode.senderauth.dkim_sign import Signer, relaxed_body, relaxed_value, sign
from tests.support import pace

MESSAGE = (
    b"From: A <a@example.test>\r\nTo: b@example.org\r\n  , c@example.org\r\nSubject:  two \t words\r\n"
    b"Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.test>\r\nX-Other: y\r\n\r\n"
    b"Hello  \t there \r\n\r\nLast\r\n\r\n\r\n"
)


class VerifyKey:
    """PyNaCl's class of this name, as far as dkimpy uses it."""

    def __init__(self, key: bytes, encoder: object = None) -> None:
        self.key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))

    def verify(self, message: bytes, signature: bytes) -> bytes:
        try:
            self.key.verify(signature, message)
        except InvalidSignature as error:
            raise BadSignatureError from error
        return message


class BadSignatureError(Exception):
    """PyNaCl's exception of this name."""


@pytest.fixture(autouse=True)
def nacl(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace = types.SimpleNamespace
    fake = namespace(
        signing=namespace(VerifyKey=VerifyKey),
        exceptions=namespace(BadSignatureError=BadSignatureError, ValueError=ValueError),
        encoding=namespace(Base64Encoder=None),
    )
    monkeypatch.setattr(dkim, "nacl", fake, raising=False)


@cache
def pem(algorithm: Algorithm) -> str:
    return dkim_keys.make(algorithm)


def signer(algorithm: Algorithm) -> Signer:
    return Signer("example.test", algorithm, dkim_keys.read(pem(algorithm)))


def published(name: bytes, timeout: int = 5) -> bytes:
    algorithm: Algorithm = "rsa" if name.startswith(b"rsa._domainkey.example.test") else "ed25519"
    return dkim_keys.txt_value(pem(algorithm)).encode()


def verified(raw: bytes, index: int = 0) -> bool:
    try:
        return bool(dkim.DKIM(raw).verify(index, dnsfunc=published))
    except dkim.ValidationError:
        return False


@pytest.mark.parametrize("algorithm", dkim_keys.ALGORITHMS)
@pytest.mark.parametrize(
    "raw",
    [
        MESSAGE,
        b"From: a@example.test\r\n\r\n",
        b"From: a@example.test\r\n\r\n\r\n\r\n",
        b"From: a@example.test\r\nFROM: second@example.test\r\nSubject:\r\n\r\n \r\n \r\nx \t\r\n",
        b"From: a@example.test\r\nReferences:" + b"\r\n <a@b>" * 100 + b"\r\n\r\n" + b"x" * 10_000 + b"\r\n",
        "From: ü@example.test\r\nSubject: 主题\r\n\r\n正文\r\n".encode(),
    ],
)
def test_dkimpy_accepts(algorithm: Algorithm, raw: bytes) -> None:
    assert verified(sign(raw, [signer(algorithm)], 1_700_000_000) + raw)


def test_two_keys_sign_one_message() -> None:
    signed = sign(MESSAGE, [signer("rsa"), signer("ed25519")], 1_700_000_000) + MESSAGE
    assert verified(signed, 0)
    assert verified(signed, 1)


@pytest.mark.parametrize(
    "change",
    [
        (b"two", b"three"),
        (b"Last", b"Lost"),
        (b"To: b@", b"To: x@"),
        (b"\r\nX-Other", b"\r\nFrom: other@example.org\r\nX-Other"),
        (b"\r\nX-Other", b"\r\nReply-To: other@example.org\r\nX-Other"),
    ],
)
def test_a_changed_message_is_refused(change: tuple[bytes, bytes]) -> None:
    signed = sign(MESSAGE, [signer("ed25519")], 1_700_000_000) + MESSAGE
    assert not verified(signed.replace(*change))


def test_a_message_whose_last_line_has_no_end_verifies_as_data_ends_it() -> None:
    raw = b"From: a@example.test\r\n\r\nno line end "
    assert verified(sign(raw, [signer("rsa")], 0) + raw + b"\r\n")


def test_without_from_there_is_no_signature() -> None:
    assert sign(b"Subject: x\r\n\r\nFrom: x\r\n", [signer("ed25519")], 0) == b""


def test_lines_are_short() -> None:
    assert max(map(len, sign(MESSAGE, [signer("rsa")], 0).split(b"\r\n"))) <= 78


@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"x", b"\xff", b"."])).map(b"".join))
def test_body_as_dkimpy_canonicalises_it(body: bytes) -> None:
    sent = body if body.endswith(b"\r\n") or not body else body + b"\r\n"  # as it leaves in DATA
    assert relaxed_body(body) == relaxed_body(sent) == dkim.canonicalization.Relaxed.canonicalize_body(sent)


@given(st.binary())
def test_any_bytes_are_signed_or_left(raw: bytes) -> None:
    sign(raw, [signer("ed25519")], 0)


@pytest.mark.parametrize("body", [b" " * 2_000_000, b" \t\r\n" * 500_000, b"\r\n" * 1_000_000, b"x " * 1_000_000])
def test_hostile_bodies_cost_their_length(body: bytes) -> None:
    pace.assert_within(2, lambda: (relaxed_body(body), relaxed_value(body)))


def test_a_usual_message_takes_under_a_millisecond() -> None:
    raw, key = MESSAGE + b"Some words of text.\r\n" * 150, [signer("rsa")]
    pace.assert_within(0.001, lambda: sign(raw, key, 0), 20)


def test_a_large_message_takes_under_ten_milliseconds() -> None:
    raw, key = MESSAGE + b"Some words of  text and then some more of them.\r\n" * 21_000, [signer("rsa")]
    pace.assert_within(0.010, lambda: sign(raw, key, 0), 10)


def simple_hash(body: bytes) -> bytes:
    return canonical.read(MESSAGE + body).body_hash(relaxed=False, length=None)


@pytest.mark.parametrize("unit", [b" ", b" \t\r\n", b"\r\n", b"x ", b"x\r\n \r\n", b"\xff \xff\t"])
@pytest.mark.parametrize("work", [relaxed_body, simple_hash])
def test_eight_times_the_body_costs_eight_times_the_time(work: Callable[[bytes], bytes], unit: bytes) -> None:
    """What grew by the square would take 64 times as long."""
    short, long = (unit * (size // len(unit)) for size in (250_000, 2_000_000))
    usual = pace.cost(lambda: work(short), 3)
    pace.assert_within(24 * max(usual, 0.0005), lambda: work(long), 3)

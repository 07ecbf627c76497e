"""The server's side of SCRAM against the RFC's own example and a client that was written apart from it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto import sasl_scram
from mailnode.proto.sasl import PLUS, SCRAM, Binding, Challenge, KeysWanted, Proven, ScramKeys, begin
from mailnode.proto.sasl_prep import saslprep
from mailnode.proto.sasl_scram import Scram
from tests.support.scram import Client

BOUND = Binding("tls-exporter", bytes(range(32)))
OTHER = Binding("tls-server-end-point", b"x" * 32)
LETTERS = st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_characters="\x7f", exclude_categories=["Cc"])
WORDS = st.text(LETTERS, min_size=1, max_size=20).filter(lambda text: text.strip("\xad"))  # soft hyphens leave nothing


def scram(nonce: str = "nonce", *, plus: bool = False, offered: bool = False) -> Scram:
    return Scram(nonce, (BOUND, OTHER) if plus else (), plus=plus, plus_offered=plus or offered)


def play(dialogue: Scram, client: Client, keys: ScramKeys) -> tuple[Proven, bytes]:
    """The whole dialogue: what the server found, and its first message."""
    wanted = dialogue.step(client.first())
    assert isinstance(wanted, KeysWanted)
    first = wanted.go_on(keys)
    assert isinstance(first, Challenge)
    proven = dialogue.step(client.final(first.data))
    assert isinstance(proven, Proven)
    return proven, first.data


def test_the_example_of_the_rfc() -> None:
    """RFC 7677 §3."""
    keys = sasl_scram.derived(b"pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
    dialogue = scram("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
    wanted = dialogue.step(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
    assert isinstance(wanted, KeysWanted)
    nonces = b"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    assert wanted.go_on(keys) == Challenge(b"r=" + nonces + b",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    proof = b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    proven = dialogue.step(b"c=biws,r=" + nonces + b",p=" + proof)
    assert isinstance(proven, Proven)
    assert proven.right
    assert proven.last == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@settings(deadline=None)
@given(WORDS, WORDS)
def test_whoever_knows_the_password_is_believed_and_so_are_we(name: str, password: str) -> None:
    client = Client(name, saslprep(password))
    keys = sasl_scram.derived(client.password.encode(), b"salt", 2)
    proven, first = play(scram(), client, keys)
    assert proven.right
    assert proven.name == saslprep(name)
    assert proven.last == client.server_final(first)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=10), st.binary(min_size=1, max_size=10))
def test_another_password_is_not(password: bytes, other: bytes) -> None:
    client = Client("me", password.hex())
    keys = sasl_scram.derived(other.hex().encode(), b"salt", 2)
    proven, _ = play(scram(), client, keys)
    assert proven.right == (password == other)


def test_a_bound_proof_holds_on_its_connection_only() -> None:
    keys = sasl_scram.derived(b"secret", b"salt", 2)
    mine = Client("me", "secret", header="p=tls-exporter,,", bound=BOUND.data)
    assert play(scram(plus=True), mine, keys)[0].right
    assert not play(scram(plus=True), replace(mine, bound=b"y" * 32), keys)[0].right
    assert not play(scram(plus=True), replace(mine, header="p=tls-server-end-point,,"), keys)[0].right


def test_a_bound_proof_by_the_certificate() -> None:
    """RFC 5929 §4."""
    keys = sasl_scram.derived(b"secret", b"salt", 2)
    client = Client("me", "secret", header="p=tls-server-end-point,,", bound=OTHER.data)
    assert play(scram(plus=True), client, keys)[0].right


@pytest.mark.parametrize(
    ("header", "plus", "offered"),
    [("n,,", True, True), ("y,,", True, True), ("p=tls-exporter,,", False, False), ("y,,", False, True),
     ("p=tls-unknown,,", True, True)],
)  # fmt: skip
def test_flags_that_do_not_fit_the_offer(header: str, plus: bool, offered: bool) -> None:
    """RFC 5802 §6."""
    with pytest.raises(ProtocolError):
        scram(plus=plus, offered=offered).step(Client("me", "x", header=header).first())


def test_a_client_that_could_bind_where_nothing_was_offered() -> None:
    keys = sasl_scram.derived(b"secret", b"salt", 2)
    assert play(scram(), Client("me", "secret", header="y,,"), keys)[0].right


def test_the_flag_cannot_be_changed_on_the_way() -> None:
    """The second message repeats the first one's header: whoever turned "y" into "n" is found out."""
    keys = sasl_scram.derived(b"secret", b"salt", 2)
    dialogue = scram(offered=True)
    true = Client("me", "secret", header="y,,")
    wanted = dialogue.step(b"n,," + true.bare.encode())
    assert isinstance(wanted, KeysWanted)
    first = wanted.go_on(keys)
    assert isinstance(first, Challenge)
    proven = dialogue.step(true.final(first.data))
    assert isinstance(proven, Proven)
    assert not proven.right


@pytest.mark.parametrize(
    "message",
    [b"", b"n", b"n,,", b"n,,n=,r=x", b"n,,n=a", b"n,,r=x,n=a", b"n,,m=x,n=a,r=x", b"n,,n=a=b,r=x", b"n,,n=a=2c,r=x",
     b"n,,n=a,r=", b"n,,n=a\xff,r=x", b"n,,n=a,r=" + b"x" * 300, b"n,,n=a,r=\xc3\xa4", b"n,,n=a\0,r=x", b"x,,n=a,r=x"],
)  # fmt: skip
def test_first_messages_that_are_none(message: bytes) -> None:
    with pytest.raises(ProtocolError):
        scram().step(message)


def test_commas_in_names() -> None:
    """RFC 5802 §5.1."""
    wanted = scram().step(b"n,a=x=3Dy,n=a=2Cb=3Dc,r=x")
    assert isinstance(wanted, KeysWanted)
    assert wanted.name == "a,b=c"


@given(st.sampled_from([SCRAM, PLUS]), st.lists(st.binary(max_size=60) | st.none(), max_size=4), st.booleans())
def test_any_bytes(name: str, responses: list[bytes | None], valid_first: bool) -> None:
    dialogue = begin(name, (SCRAM, PLUS), nonce="n", bindings=(BOUND,))
    keys = ScramKeys(b"salt", 4096, b"k" * 32, b"s" * 32)
    header = "p=tls-exporter,," if name == PLUS else "n,,"
    for response in [Client("a", "b", header=header).first(), *responses] if valid_first else responses:
        try:
            step = dialogue.step(response)
        except ProtocolError:
            return
        if isinstance(step, KeysWanted):
            step.go_on(keys)
        assert not (isinstance(step, Proven) and step.right)


@given(st.binary(max_size=40), st.integers(1, 1 << 30), st.binary(max_size=40), st.binary(max_size=40))
def test_keys_are_read_as_they_were_written(salt: bytes, iterations: int, stored: bytes, server: bytes) -> None:
    keys = ScramKeys(salt, iterations, stored, server)
    assert sasl_scram.read(sasl_scram.written(keys)) == keys


@pytest.mark.parametrize("text", ["", "SCRAM-SHA-1$1:eA==$eA==:eA==", "SCRAM-SHA-256$x:eA==$eA==:eA==", "a$b", "a$b$c"])
def test_keys_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        sasl_scram.read(text)


def test_secrets_are_not_printed() -> None:
    keys = sasl_scram.derived(b"secret", b"salt", 2)
    shown = repr(play(scram(), Client("me", "secret"), keys)[0])
    assert "stored_key" not in shown
    assert b64encode(keys.server_key).decode() not in shown

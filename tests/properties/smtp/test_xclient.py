"""XCLIENT: whatever is said of a client describes one, or is refused."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto.dsn_params import encode_xtext
from mailnode.proto.replies import Refused
from mailnode.smtpd.reception import Peer
from mailnode.smtpd.xclient import ATTRIBUTES, MAX_VALUE, UNKNOWN, described
from tests.support.examples import examples

ADDRESSES = st.ip_addresses()
names = st.sampled_from([*ATTRIBUTES, "addr", "LOGIN", ""]) | st.text(max_size=4)
values = st.one_of(
    st.sampled_from(UNKNOWN),
    ADDRESSES.map(str),
    ADDRESSES.map(lambda address: f"IPV6:{address}%eth0"),
    st.integers().map(str),
    st.text(max_size=300),
    st.text().map(encode_xtext),
    st.from_regex(r"(\+[0-9A-F]{2})*\Z"),
)
words = st.lists(st.builds("{}={}".format, names, values) | st.text(max_size=10), max_size=8).map(" ".join)
printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


@settings(max_examples=examples(500))
@given(words | st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_any_words_describe_a_client_or_are_refused(argument: str) -> None:
    try:
        found = described(Peer("192.0.2.1", 4000, tls="TLSv1.3"), argument)
    except (Refused, ProtocolError):
        return
    assert str(ip_address(found.address)) == found.address
    assert 0 <= found.port <= 65535
    assert all(said.isascii() and said.isprintable() and len(said) <= MAX_VALUE for said in (found.name, found.hello))
    assert (found.tls, found.user_id, found.user) == ("TLSv1.3", None, "")
    assert found.hello or not found.extended


@settings(max_examples=examples(200))
@given(ADDRESSES, st.integers(0, 65535), printable, printable)
def test_what_is_said_is_what_is_found(address: object, port: int, name: str, hello: str) -> None:
    prefix = "IPV6:" if ":" in str(address) else ""
    said = {"ADDR": f"{prefix}{address}", "PORT": str(port), "NAME": name, "HELO": hello, "PROTO": "ESMTP"}
    found = described(Peer("192.0.2.1"), " ".join(f"{key}={encode_xtext(value)}" for key, value in said.items()))
    assert ip_address(found.address) == (getattr(address, "ipv4_mapped", None) or address)
    expected = ["" if one.upper() in UNKNOWN else one for one in (name, hello)]
    assert ([found.name, found.hello], found.port, found.extended) == (expected, port, bool(expected[1]))

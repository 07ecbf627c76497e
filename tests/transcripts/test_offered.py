"""What the IMAP door offers, before and after the login, is what it is meant to; and each of it has a conversation, or
where a conversation cannot show it a test of the door, that names its RFC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.imap import serve
from tests.support.imap_wire import ImapWire
from tests.support.imapd import PASSWORD, ReadingServer

HERE = Path(__file__).parent


def by_name(text: str) -> dict[str, int]:
    """Capabilities behind the numbers of their RFCs."""
    rows = (row.partition(":") for row in text.strip().split(","))
    return {name: int(number) for number, _, names in rows for name in names.split()}


ALWAYS = by_name("""
2177: IDLE, 2971: ID, 3501: IMAP4rev1, 4959: SASL-IR, 5161: ENABLE, 7888: LITERAL+, 9051: IMAP4rev2
""")
BEFORE = by_name("""
7628: AUTH=OAUTHBEARER AUTH=XOAUTH2, 7677: AUTH=SCRAM-SHA-256, 9051: AUTH=PLAIN AUTH=LOGIN STARTTLS
""")
AFTER = by_name("""
2342: NAMESPACE, 3502: MULTIAPPEND, 3516: BINARY, 3691: UNSELECT, 4314: ACL RIGHTS=texk, 4315: UIDPLUS,
4469: CATENATE, 4731: ESEARCH, 4978: COMPRESS=DEFLATE, 5032: WITHIN, 5182: SEARCHRES, 5255: I18NLEVEL=1,
5256: SORT THREAD=REFERENCES THREAD=ORDEREDSUBJECT, 5258: CHILDREN LIST-EXTENDED,
5267: ESORT CONTEXT=SEARCH CONTEXT=SORT, 5464: METADATA, 5465: NOTIFY, 5550: URL-PARTIAL, 5819: LIST-STATUS,
5957: SORT=DISPLAY, 6154: SPECIAL-USE CREATE-SPECIAL-USE, 6203: SEARCH=FUZZY, 6851: MOVE, 6855: UTF8=ACCEPT,
7162: CONDSTORE QRESYNC, 7377: MULTISEARCH, 7889: APPENDLIMIT, 8437: UNAUTHENTICATE, 8438: STATUS=SIZE,
8440: LIST-MYRIGHTS, 8474: OBJECTID, 8508: REPLACE, 8514: SAVEDATE, 8970: PREVIEW,
9208: QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE, 9394: PARTIAL, 9585: INPROGRESS, 9586: UIDONLY,
9590: LIST-METADATA
""")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("offered")) as one:
        yield one


def offered(wire: ImapWire) -> set[str]:
    [line] = [line for line in wire.command("CAPABILITY") if line.startswith(b"* CAPABILITY ")]
    return {re.sub(r"^APPENDLIMIT=\d+$", "APPENDLIMIT", word) for word in line.decode().split()[2:]}


def test_before_and_after_the_login(server: ReadingServer) -> None:
    wire = ImapWire(server.port)
    assert offered(wire) == ALWAYS.keys() | BEFORE.keys()
    wire.command(f"LOGIN {server.add_user('example.com').address} {PASSWORD}")
    assert offered(wire) == ALWAYS.keys() | AFTER.keys()


def test_each_has_a_conversation_that_names_its_rfc() -> None:
    read = [*(HERE / "imap").glob("*.txt"), *(HERE.parent / "unit" / "imap").glob("*.py")]
    named = {int(number) for file in read for number in re.findall(r"RFC (\d+)", file.read_text(encoding="utf-8"))}
    assert {name: rfc for name, rfc in (ALWAYS | BEFORE | AFTER).items() if rfc not in named} == {}

"""A filter in front of port 25 speaks for a client of the Internet, which is judged as if it had come itself."""

from __future__ import annotations

from pathlib import Path

from mailnode.mx import serve
from tests.support.bind9 import Named
from tests.support.smtp_doors import SmtpDoors, Talk
from tests.support.strangers import letter

SOA = "$TTL 60\n@ IN SOA ns h 1 60 60 60 60\n@ IN NS ns\nns A 127.0.0.1\n"
ZONES = {
    "4.41.198.in-addr.arpa": SOA + "0 PTR mx.plain.test.\n",
    "plain.test": SOA + "mx A 198.41.4.0\n@ MX 10 mx\n",
    "bad.test": SOA + "0.4.41.198 A 127.0.0.2\n",
    "test": SOA,
}


def test_the_client_that_is_spoken_for_is_judged(tmp_path: Path) -> None:
    settings = {"xclient_networks": "127.0.0.1", "dns_lists": "bad.test*7", "greeting_delay": 0}
    settings["greylist_score"] = None
    with (
        Named(ZONES) as named,
        SmtpDoors(serve, tmp_path, nameservers=named.address, **settings) as door,
        Talk(door.port) as talk,
    ):
        assert talk.say("XCLIENT ADDR=198.41.4.0").startswith("220")
        talk.say("EHLO mx.plain.test")
        assert talk.send("ann@plain.test", ["ann@example.com"], letter()).startswith("250")
        stored = door.inbox("ann", "Junk")[-1]
    assert b"Received: from mx.plain.test (mx.plain.test [198.41.4.0])" in stored
    assert b"bad.test=7" in stored


def test_who_speaks_for_itself_on_this_machine_is_not(tmp_path: Path) -> None:
    with SmtpDoors(serve, tmp_path, nameservers="127.0.0.1:9", dns_lists="bad.test*7") as door:
        with Talk(door.port) as talk:
            assert talk.send("", ["ann@example.com"], b"X-Spam-Score: 1\r\n\r\nHello\r\n").startswith("250")
        assert door.inbox("ann")[-1].endswith(b"X-Spam-Score: 1\r\n\r\nHello\r\n")

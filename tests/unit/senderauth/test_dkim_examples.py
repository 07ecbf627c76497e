"""Signatures that others made: the examples of the RFCs, and dkimpy's, which shares no code with ours."""

from __future__ import annotations

import asyncio

import dkim
import pytest

from mailnode.senderauth import canonical, dkim_keys, dkim_verify
from mailnode.senderauth.dkim_verify import DkimResult
from tests.support.signatures import LETTER, pem
from tests.support.zones import Zones

HEAD = (
    b"From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\n"
    b"Subject: Is dinner ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n"
)
# RFC 6376 appendix A.2, as errata 3192 and 4926 correct it: one space in the body, six before continuations.
SIMPLE = (
    b"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"
    b"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"
    b"      h=Received : From : To : Subject : Date : Message-ID;\r\n"
    b"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    b"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
    b"      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
    b"      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
    b"      4bmp/YzhwvcubU4=;\r\n"
    b"Received: from client1.football.example.com  [192.0.2.1]\r\n"
    b"      by submitserver.example.com with SUBMISSION;\r\n"
    b"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
    + HEAD
    + b"Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"
)
# RFC 8463 appendix A.3
RELAXED = (
    b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    b" d=football.example.com; i=@football.example.com;\r\n"
    b" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    b" subject : date : message-id : from : subject : date;\r\n"
    b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    b" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    b" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    b" d=football.example.com; i=@football.example.com;\r\n"
    b" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    b" date : message-id : from : subject : date;\r\n"
    b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    b" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    b" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    b" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
    + HEAD
    + b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
)
KEYS = {
    "brisbane._domainkey.example.com": "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkM"
    "oGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gb"
    "to/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB",
    "brisbane._domainkey.football.example.com": "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "test._domainkey.football.example.com": "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
    "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+y"
    "z1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
}


def results(raw: bytes, keys: dict[str, str]) -> list[str]:
    zones = Zones({name: {"TXT": [text]} for name, text in keys.items()})
    found = asyncio.run(dkim_verify.verify(zones, canonical.read(raw), 1_800_000_000))
    return [one.result for one in found]


def test_rfc_6376() -> None:
    assert results(SIMPLE, KEYS) == ["pass"]
    assert results(SIMPLE + b"Extra line.\r\n", KEYS) == ["fail"]


def test_rfc_8463() -> None:
    assert results(RELAXED, KEYS) == ["pass", "pass"]
    assert results(RELAXED.replace(b"dinner", b"supper"), KEYS) == ["fail", "fail"]


def by_dkimpy(raw: bytes, **options: object) -> bytes:
    made: bytes = dkim.sign(raw, b"s", b"example.test", pem("rsa").encode(), **options)
    return made + raw


def judged(raw: bytes, record: str = "") -> DkimResult:
    zones = Zones({"s._domainkey.example.test": {"TXT": [record or dkim_keys.txt_value(pem("rsa"))]}})
    (found,) = asyncio.run(dkim_verify.verify(zones, canonical.read(raw), 1_800_000_000))
    return found


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
@pytest.mark.parametrize(
    "raw",
    [
        LETTER,
        b"From: a@example.test\r\n\r\n",
        b"From: a@example.test\r\n\r\n\r\n\r\n",
        b"From: a@example.test\r\nFROM: second@example.test\r\nSubject:\r\n\r\n \r\n \r\nx \t\r\n",
        b"From: a@example.test\r\nReferences:" + b"\r\n\t <a@b>  " * 100 + b"\r\n\r\n" + b"x" * 10_000 + b"\r\n",
        "From: ü@example.test\r\nSubject: 主题\r\n\r\n正文\r\n".encode(),
    ],
)
def test_dkimpy_signs(header: bytes, body: bytes, raw: bytes) -> None:
    signed = by_dkimpy(raw, canonicalize=(header, body))
    assert judged(signed).result == "pass"
    assert judged(signed.replace(b"From", b"From: x\r\nX-Was")).result != "pass"


def test_dkimpy_signs_a_part_of_the_body() -> None:
    signed = by_dkimpy(LETTER, length=True)
    assert (judged(signed).result, judged(signed).unsigned) == ("pass", 0)
    assert (judged(signed + b"more\r\n").result, judged(signed + b"more\r\n").unsigned > 0) == ("pass", True)


def test_dkimpy_signs_for_a_subdomain() -> None:
    found = judged(by_dkimpy(LETTER, identity=b"a=40b@sub.example.test"))
    assert (found.result, found.identity) == ("pass", "a@b@sub.example.test")

"""Mail clients and other hosts find what they ask a domain for, and nothing of other domains."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from mailnode.acme import challenges
from mailnode.database import utcnow
from tests.support.site import Site

OUTLOOK = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
QUESTION = (
    '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">'
    "<Request><EMailAddress>anna@example.test</EMailAddress></Request></Autodiscover>"
)


def test_thunderbird_finds_encrypted_servers_first(site: Site) -> None:
    answer = site.app.test_client().get("/mail/config-v1.1.xml?emailaddress=anna@example.test")
    incoming = ET.fromstring(answer.data).findall("emailProvider/incomingServer")
    assert answer.mimetype == "text/xml"
    assert [(one.get("type"), one.findtext("port"), one.findtext("socketType")) for one in incoming][:2] == [
        ("imap", "1993", "SSL"),
        ("imap", "1143", "STARTTLS"),
    ]
    assert incoming[0].findtext("username") == "%EMAILADDRESS%"


def test_the_host_name_is_enough(site: Site) -> None:
    client = site.app.test_client()
    answer = client.get("/mail/config-v1.1.xml", headers={"Host": "autoconfig.example.test"})
    assert ET.fromstring(answer.data).find("emailProvider").get("id") == "example.test"  # type: ignore[union-attr]


def test_outlook_is_answered_for_its_address(site: Site) -> None:
    answer = site.app.test_client().post("/autodiscover/autodiscover.xml", data=QUESTION)
    protocols = ET.fromstring(answer.data).findall(f".//{OUTLOOK}Protocol")
    assert [one.findtext(f"{OUTLOOK}Type") for one in protocols] == ["IMAP", "IMAP", "POP3", "POP3", "SMTP", "SMTP"]
    assert {one.findtext(f"{OUTLOOK}LoginName") for one in protocols} == {"anna@example.test"}


def test_the_policy_is_served_under_its_own_name_only(site: Site) -> None:
    client = site.app.test_client()
    answer = client.get("/.well-known/mta-sts.txt", headers={"Host": "mta-sts.example.test:443"})
    assert answer.mimetype == "text/plain"
    assert "version: STSv1\r\n" in answer.text
    assert "mx: mail.example.com\r\n" in answer.text
    assert client.get("/.well-known/mta-sts.txt", headers={"Host": "example.test"}).status_code == 404


def test_the_policy_is_enforced_once_the_administrator_says_so(site: Site) -> None:
    """RFC 8461 §10.2: with a max_age of weeks, others insist on TLS even while the policy cannot be fetched."""
    site.app.config["MAILNODE"] = site.store.settings.model_copy(update={"sts_mode": "enforce"})
    text = site.app.test_client().get("/.well-known/mta-sts.txt", headers={"Host": "mta-sts.example.test"}).text
    assert {"mode: enforce", "max_age: 1209600"} <= set(text.split("\r\n"))


def test_other_domains_are_not_found(site: Site) -> None:
    client = site.app.test_client()
    for path in ("/mail/config-v1.1.xml?emailaddress=x@example.net", "/mail/config-v1.1.xml?emailaddress=<b>"):
        assert client.get(path).status_code == 404
    assert client.post("/autodiscover/autodiscover.xml", data="<!ENTITY x>" * 100).status_code == 404


def test_a_proof_for_a_certificate_is_shown_to_whoever_knows_its_token(site: Site) -> None:
    shelf = {"token-1": "token-1.thumb"}
    with site.write() as tx:
        challenges.put(tx, shelf, now=utcnow())
    client = site.app.test_client()
    assert client.get("/.well-known/acme-challenge/token-1").data == b"token-1.thumb"
    assert client.get("/.well-known/acme-challenge/token-2").status_code == 404

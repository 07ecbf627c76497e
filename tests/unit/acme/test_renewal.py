"""A certificate from an authority: proved by our own web process, kept, shown to clients, and renewed in its time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from backend.app import create_app
from mailnode import certificates
from mailnode.acme import renewal
from mailnode.acme.ordering import checked, order
from mailnode.acme.renewal import Renewal
from mailnode.acme.values import Authority, Issued, NotIssued
from mailnode.database import utcnow
from mailnode.directory.models import Domain
from mailnode.lmtp import serve
from mailnode.settings import Settings
from tests.support import ports
from tests.support.bind9 import Named
from tests.support.imapd import ReadingServer
from tests.support.pebble import Pebble
from tests.unit.test_certificates import other

HOST = "mail.example.test"
ZONE = "@ SOA ns hostmaster 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n"
ZONES = {
    "example.test": ZONE + f"mail A 127.0.0.1\nmta-sts CNAME {HOST}.\n",
    "elsewhere.test": ZONE + "mta-sts A 127.0.0.2\n",
    "later.test": ZONE,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    """A node with its web process and an authority that sees it under every name."""
    folder, web_port = tmp_path_factory.mktemp("acme"), ports.free()
    with (
        Named({name: f"$TTL 60\n{zone}" for name, zone in ZONES.items()}) as dns,
        Pebble(folder / "authority", web_port) as authority,
        ReadingServer(
            serve,
            folder / "data",
            hostname=HOST,
            listen_http=f"127.0.0.1:{web_port}",
            listen_https="127.0.0.1:443",  # nobody listens there
            nameservers=dns.address,
            acme_directory=authority.directory,
            acme_trusted=authority.trusted,
            acme_contact="postmaster@example.test",
        ) as running,
    ):
        web = make_server("127.0.0.1", web_port, create_app(running.settings), threaded=True)
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield running
        web.shutdown()
        thread.join(60)
        web.server_close()


def ends(server: ReadingServer) -> datetime:
    return certificates.validity(certificates.folder(server.settings) / f"{HOST}.pem")[1]


def test_a_certificate_is_had_kept_and_renewed(server: ReadingServer) -> None:
    asked = Renewal(server.context)
    server.call(asked.look(utcnow()))
    assert asked.pauses == {}
    first = ends(server)
    assert certificates.files(server.settings).certificate.name == f"{HOST}.pem"
    certificates.load(server.context.tls, server.settings)
    assert isinstance(server.context.tls, certificates.ServerContext)
    assert HOST in server.context.tls.by_name

    server.call(asked.look(utcnow()))  # it is fresh
    assert ends(server) == first

    server.call(Renewal(server.context).look(first - timedelta(days=1)))  # another process, with the same account
    assert ends(server) != first


def test_the_host_of_a_policy_has_one_once_its_name_leads_here(server: ReadingServer) -> None:
    """RFC 8461 §3.3: others believe a policy only over HTTPS, under the name of the domain."""
    asked = Renewal(server.context)
    server.call(asked.look(utcnow()))
    for name in ZONES:
        server.call(server.context.offload.write(lambda tx, name=name: tx.add(Domain(name=name))))
    server.call(asked.look(utcnow()))
    found = {one.stem for one in certificates.folder(server.settings).glob("mta-sts.*.pem")}
    assert found == {"mta-sts.example.test"}
    assert asked.pauses == {}  # nobody was asked in vain


def test_one_that_is_due_when_it_comes_is_not_asked_for_again_at_once(server: ReadingServer) -> None:
    place = certificates.folder(server.settings) / f"{HOST}.pem"
    asked, late = Renewal(server.context), utcnow() + timedelta(days=40_000)
    server.call(asked.look(late))
    kept = place.read_bytes()
    server.call(asked.look(late + timedelta(minutes=10)))
    assert place.read_bytes() == kept
    assert asked.pauses[HOST][0] == late + renewal.FIRST_PAUSE


def test_an_authority_may_want_an_account_that_it_knows(tmp_path: Path) -> None:
    """RFC 8555 §7.3.4; whoever is let in fails later here, since no web process answers."""
    right, wrong = "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmc"

    def told(eab_id: str, eab_key: str) -> str:
        asked = Authority(authority.directory, trusted=authority.trusted, eab_id=eab_id, eab_key=eab_key)
        with pytest.raises(NotIssued) as refused:
            order(asked, tmp_path / "account.pem", HOST, lambda _: None, lambda _: None)
        return str(refused.value)

    with ports.refusing() as web_port, Pebble(tmp_path / "authority", web_port, ours=right) as authority:
        assert "externalAccountRequired" in told("", "")
        assert "/.well-known/acme-challenge/" not in told("ours", wrong)
        assert "/.well-known/acme-challenge/" in told("ours", right)


def test_it_is_done_by_itself(server: ReadingServer) -> None:
    (certificates.folder(server.settings) / f"{HOST}.pem").unlink(missing_ok=True)

    async def ask() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(renewal.run(server.context, stop))
        await asyncio.to_thread(ports.until, (certificates.folder(server.settings) / f"{HOST}.pem").exists, 120)
        stop.set()
        await running

    server.call(ask())
    assert ends(server) > utcnow()


@pytest.mark.parametrize("wrong", ["key", "name", "time", "nonsense"])
def test_a_certificate_that_cannot_be_shown_takes_no_place(tmp_path: Path, wrong: str) -> None:
    other(tmp_path, "a", HOST)
    other(tmp_path, "b", HOST)
    place = certificates.folder(Settings(data_dir=tmp_path, hostname=HOST))
    chain, key = (place / "a.pem").read_bytes(), (place / "a.key").read_bytes()
    now = utcnow()
    good = Issued(chain, key)
    assert checked(good, HOST, now) == good
    found = Issued(b"-----BEGIN CERTIFICATE-----" if wrong == "nonsense" else chain, key)
    if wrong == "key":
        found = Issued(chain, (place / "b.key").read_bytes())
    with pytest.raises(NotIssued):
        checked(found, "other.test" if wrong == "name" else HOST, now + timedelta(days=60 if wrong == "time" else 0))


def test_an_authority_that_is_not_there_is_let_be_for_a_while(tmp_path: Path) -> None:
    with (
        ports.refusing() as port,
        ReadingServer(serve, tmp_path, hostname=HOST, acme_directory=f"https://127.0.0.1:{port}/dir") as lonely,
    ):
        asked, now = Renewal(lonely.context), utcnow()
        lonely.call(asked.look(now))
        lonely.call(asked.look(now + timedelta(minutes=10)))
        assert asked.pauses[HOST][0] == now + renewal.FIRST_PAUSE
        lonely.call(asked.look(now + timedelta(hours=1)))
        assert asked.pauses[HOST][0] == now + timedelta(hours=3)
        assert certificates.files(lonely.settings).certificate.name == "certificate.pem"


def test_one_process_of_a_data_folder_does_it(tmp_path: Path) -> None:
    with renewal.elected(tmp_path) as first, renewal.elected(tmp_path) as second:
        assert (first, second) == (True, False)


def test_a_certificate_is_due_when_a_third_of_its_time_is_left(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, hostname=HOST)
    other(tmp_path, HOST, HOST)
    begins, end = certificates.validity(certificates.folder(settings) / f"{HOST}.pem")
    third = (end - begins) / 3
    due = [renewal.is_due(settings, HOST, end - third + timedelta(hours=hours)) for hours in (-1, 1)]
    assert due == [False, True]
    assert renewal.is_due(settings, "other.example.test", datetime.now(UTC))

"""The certificate that is made at init."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mailnode import certificates
from mailnode.settings import BadSettings, Settings


def settings(folder: Path, hostname: str = "mail.example.com") -> Settings:
    return Settings(data_dir=folder, hostname=hostname)


THIRD, SECOND = bytes.fromhex("a003020102"), bytes.fromhex("a003020101")  # versions in DER


def of_second_version(mine: Settings) -> None:
    """The certificate says that it is of X.509's version 2, as none is; its key stays."""
    where = certificates.files(mine)
    whole = ssl.PEM_cert_to_DER_cert(where.certificate.read_text())
    where.certificate.write_text(ssl.DER_cert_to_PEM_cert(whole.replace(THIRD, SECOND, 1)))


@pytest.mark.parametrize("hostname", ["mail.example.com", "192.0.2.1", "2001:db8::1", "a" * 63 + ".example.com"])
def test_it_names_the_host_and_is_made_once(tmp_path: Path, hostname: str) -> None:
    mine = settings(tmp_path, hostname)
    assert certificates.make(mine)
    where = certificates.files(mine)
    made = x509.load_pem_x509_certificate(where.certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert str(names[0].value) == hostname
    assert not certificates.make(mine)
    assert stat.S_IMODE(where.key.stat().st_mode) == 0o600
    assert certificates.expires(mine) > datetime.now(UTC) + timedelta(days=3000)


def test_without_one_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="run: mailnode init"):
        certificates.context(settings(tmp_path))


@pytest.mark.parametrize("missing", ["certificate", "key"])
def test_which_file_of_the_administrator_is_missing_is_said(tmp_path: Path, missing: str) -> None:
    certificates.make(settings(tmp_path))
    where = certificates.files(settings(tmp_path))
    mine = Settings(data_dir=tmp_path / "data", tls_certificate=where.certificate, tls_key=where.key)
    place = {"certificate": where.certificate, "key": where.key}[missing]
    place.unlink()
    with pytest.raises(BadSettings) as caught:
        certificates.context(mine)
    assert f"no TLS {missing} at {place};" in str(caught.value)
    assert f"MAILNODE_TLS_{missing.upper()}" in str(caught.value)
    assert "init" not in str(caught.value)


def test_nothing_is_made_where_the_administrators_own_should_lie(tmp_path: Path) -> None:
    key = tmp_path / "own.key"
    key.write_text("half of a pair")
    mine = Settings(data_dir=tmp_path / "data", tls_certificate=tmp_path / "not" / "yet.pem", tls_key=key)
    assert not certificates.make(mine)
    assert [key] == list(tmp_path.iterdir())
    assert key.read_text() == "half of a pair"


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="together"):
        certificates.files(Settings(data_dir=tmp_path, tls_certificate=tmp_path / "c.pem"))


def test_one_of_a_version_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    certificates.make(mine)
    used = certificates.context(mine)
    before = used.end_point
    of_second_version(mine)
    for read in (certificates.context, certificates.expires, lambda one: certificates.load(used, one)):
        with pytest.raises(BadSettings, match="version"):
            read(mine)
    assert used.end_point == before


@pytest.mark.parametrize("content", ["", "nonsense", ssl.DER_cert_to_PEM_cert(b"nonsense")])
def test_what_is_no_certificate_is_told_of(tmp_path: Path, content: str) -> None:
    mine = settings(tmp_path)
    certificates.make(mine)
    certificates.files(mine).certificate.write_text(content)
    for read in (certificates.context, certificates.expires):
        with pytest.raises(BadSettings, match="cannot be"):
            read(mine)


def test_one_of_the_folder_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    certificates.make(mine)
    other = settings(tmp_path / "other", "other.example.com")
    certificates.make(other)
    of_second_version(other)
    pair = certificates.files(other)
    certificates.folder(mine).mkdir()
    (certificates.folder(mine) / "other.pem").write_bytes(pair.certificate.read_bytes() + pair.key.read_bytes())
    assert certificates.context(mine).by_name == {}
    assert certificates.is_self_made(mine)


def test_a_pair_that_does_not_fit_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    first, second = settings(tmp_path / "first"), settings(tmp_path / "second")
    certificates.make(first)
    certificates.make(second)
    used = certificates.context(first)
    mixed = Settings(
        data_dir=tmp_path,
        tls_certificate=certificates.files(first).certificate,
        tls_key=certificates.files(second).key,
    )
    with pytest.raises(BadSettings, match="cannot be used"):
        certificates.load(used, mixed)
    assert used.minimum_version == ssl.TLSVersion.TLSv1_2


def other(folder: Path, file: str, *names: str, days: int = 30) -> bytes:
    """Put a certificate for these names into the folder of certificates; gives it as DER."""
    place = certificates.folder(settings(folder))
    place.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (place / f"{file}.key").write_bytes(private)
    (place / f"{file}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return made.public_bytes(serialization.Encoding.DER)


def shown(server: ssl.SSLContext, name: str | None) -> bytes:
    """The certificate that a client is shown who asks for this name; the handshake needs no sockets."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting(ssl.TLSVersion.MAXIMUM_SUPPORTED).wrap_bio(into, out, server_hostname=name)
    handshake(client, server.wrap_bio(out, into, server_side=True))
    found = client.getpeercert(binary_form=True)
    assert found
    return found


def test_a_client_is_shown_the_certificate_of_the_name_it_asks_for(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    certificates.make(mine)
    own = x509.load_pem_x509_certificate(certificates.files(mine).certificate.read_bytes())
    first, wild = other(tmp_path, "first", "mail.one.example", "one.example"), other(tmp_path, "two", "*.two.example")
    used = certificates.context(mine)
    asked = [
        shown(used, name) for name in ("one.example", "MAIL.one.example", "a.two.example", "a.b.two.example", None)
    ]
    default = own.public_bytes(serialization.Encoding.DER)
    assert asked == [first, first, wild, default, default]


def test_one_with_our_host_name_is_shown_to_those_who_ask_for_none(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    certificates.make(mine)
    assert certificates.is_self_made(mine)
    proper = other(tmp_path, "host", "mail.example.com")
    assert not certificates.is_self_made(mine)
    assert shown(certificates.context(mine), None) == proper


def test_one_with_our_host_name_that_has_ended_or_is_broken_is_passed_over(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    other(tmp_path, "old", "mail.example.com", days=-1)
    other(tmp_path, "broken", "mail.example.com")
    (certificates.folder(mine) / "broken.key").write_bytes(b"half a key")
    assert certificates.make(mine)
    assert certificates.files(mine).certificate.name == "certificate.pem"
    certificates.context(mine)


def test_of_two_for_one_name_the_one_that_ends_last_is_shown(tmp_path: Path) -> None:
    certificates.make(settings(tmp_path))
    late = other(tmp_path, "a", "one.example", days=60)
    other(tmp_path, "b", "one.example", days=30)
    assert shown(certificates.context(settings(tmp_path)), "one.example") == late


def test_what_cannot_be_used_any_more_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    certificates.make(mine)
    first = other(tmp_path, "one", "one.example")
    used = certificates.context(mine)
    (certificates.folder(mine) / "one.key").write_bytes(b"half a key")
    certificates.load(used, mine)
    assert shown(used, "one.example") == first


def test_only_what_has_changed_is_read_again(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    certificates.make(mine)
    other(tmp_path, "one", "one.example")
    other(tmp_path, "two", "two.example")
    used = certificates.context(mine)
    before = used.by_name
    changed = other(tmp_path, "two", "two.example")
    certificates.load(used, mine)
    assert used.by_name["one.example"] is before["one.example"]
    assert shown(used, "two.example") == changed
    (certificates.folder(mine) / "one.pem").unlink()
    certificates.load(used, mine)
    assert list(used.by_name) == ["two.example"]


def test_nobody_is_asked_for_the_password_of_a_key(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    certificates.make(mine)
    where = certificates.files(mine).key
    key = serialization.load_pem_private_key(where.read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"secret")
    where.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
    with pytest.raises(BadSettings, match="the key has a password"):
        certificates.context(mine)


def test_a_change_on_the_disk_is_seen(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    certificates.make(mine)
    before = certificates.state(mine)
    assert certificates.state(mine) == before
    other(tmp_path, "one", "one.example")
    assert certificates.state(mine) != before


def test_older_tls_is_shut_out_where_the_settings_say_so(tmp_path: Path) -> None:
    strict = Settings(data_dir=tmp_path, hostname="mail.example.com", tls_minimum="1.3")
    certificates.make(strict)
    other(tmp_path, "one", "one.example")
    used = certificates.context(strict)
    assert used.minimum_version == used.by_name["one.example"].minimum_version == ssl.TLSVersion.TLSv1_3


def test_ciphers_that_nobody_knows_are_refused(tmp_path: Path) -> None:
    odd = Settings(data_dir=tmp_path, hostname="mail.example.com", tls_ciphers="ROT13")
    with pytest.raises(BadSettings, match="MAILNODE_TLS_CIPHERS"):
        certificates.context(odd)


def test_the_list_of_ciphers_holds_for_every_certificate(tmp_path: Path) -> None:
    """TLS 1.3 has a list of its own, all of which is good."""
    mine = Settings(data_dir=tmp_path, hostname="mail.example.com", tls_ciphers="ECDHE+CHACHA20")
    certificates.make(mine)
    other(tmp_path, "one", "one.example")
    used = certificates.context(mine)
    for served in (used, used.by_name["one.example"]):
        older = {one["name"] for one in served.get_ciphers() if one["protocol"] != "TLSv1.3"}
        assert older == {"ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"}
    client = trusting(ssl.TLSVersion.TLSv1_2)
    assert chosen(used, client) == "ECDHE-ECDSA-CHACHA20-POLY1305"
    client.set_ciphers("ECDHE+AESGCM")
    with pytest.raises(ssl.SSLError):
        chosen(used, client)


def trusting(newest: ssl.TLSVersion) -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode, made.maximum_version = False, ssl.CERT_NONE, newest
    return made


def chosen(server: ssl.SSLContext, client: ssl.SSLContext) -> str:
    """The cipher on which both agree."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    talking = client.wrap_bio(into, out)
    handshake(talking, server.wrap_bio(out, into, server_side=True))
    found = talking.cipher()
    assert found
    return found[0]


def handshake(client: ssl.SSLObject, server: ssl.SSLObject) -> None:
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue

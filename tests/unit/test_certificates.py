"""The certificate that is made at init."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from mailnode import certificates
from mailnode.settings import BadSettings, Settings


def settings(folder: Path, hostname: str = "mail.example.com") -> Settings:
    return Settings(data_dir=folder, hostname=hostname)


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


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="together"):
        certificates.files(Settings(data_dir=tmp_path, tls_certificate=tmp_path / "c.pem"))


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

"""A certificate authority of the test's own, which signs for whatever name is asked."""

from __future__ import annotations

import datetime
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass(slots=True)
class Authority:
    """``folder`` takes the files; ``trusting()`` is a client's context that knows nobody else."""

    folder: Path
    name: str = "Test authority"
    key: ec.EllipticCurvePrivateKey = field(init=False)
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(self.name, self.key.public_key(), x509.BasicConstraints(True, None), (), DAY)

    @property
    def pem(self) -> Path:
        path = self.folder / "authority.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.pem))

    def server(self, *names: str, until: datetime.timedelta = DAY) -> ssl.SSLContext:
        """A server's context with a certificate for the names, which ends that far from now."""
        return self.shown(*names, until=until)[0]

    def shown(self, *names: str, until: datetime.timedelta = DAY) -> tuple[ssl.SSLContext, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._sign(names[0], key.public_key(), x509.BasicConstraints(False, None), names, until)
        path = self.folder / f"{names[0]}-{made.serial_number}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = [
            made.public_bytes(serialization.Encoding.PEM),
            self.certificate.public_bytes(serialization.Encoding.PEM),
        ]
        path.write_bytes(b"".join([private, *chain]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context, made

    def _sign(
        self,
        subject: str,
        key: ec.EllipticCurvePublicKey,
        constraints: x509.BasicConstraints,
        names: tuple[str, ...],
        until: datetime.timedelta,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * DAY)
            .not_valid_after(now + until)
            .add_extension(constraints, critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
        return builder.sign(self.key, hashes.SHA256())

"""Pebble, a small ACME authority for tests (Debian's package), with a name server that sends all names here."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support import needs, ports


class Pebble:
    """``with Pebble(folder, web_port) as authority: authority.directory``; ``trusted`` proves it. With ``accounts``,
    base64url keys by their names, it takes those alone who have one of them."""

    def __init__(self, folder: Path, web_port: int, **accounts: str) -> None:
        self._folder = folder
        self._web_port = web_port
        self._accounts = accounts
        self._port, self._management, self._dns, self._orders = (ports.free() for _ in range(4))
        self._running: list[subprocess.Popen[bytes]] = []
        self.trusted = folder / "pebble.pem"
        self.directory = f"https://localhost:{self._port}/dir"

    def __enter__(self) -> Pebble:
        self._folder.mkdir(exist_ok=True)
        _certificate(self.trusted)
        settings = {
            "listenAddress": f"127.0.0.1:{self._port}",
            "managementListenAddress": f"127.0.0.1:{self._management}",
            "certificate": str(self.trusted),
            "privateKey": str(self.trusted),
            "httpPort": self._web_port,
            "tlsPort": self._web_port,
            "externalAccountBindingRequired": bool(self._accounts),
            "externalAccountMACKeys": self._accounts,
        }
        (self._folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
        names = ["pebble-challtestsrv", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""]
        self._start([*names, "-dns01", f"127.0.0.1:{self._dns}", "-management", f"127.0.0.1:{self._orders}"])
        self._start(
            ["pebble", "-config", str(self._folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{self._dns}"],
            PEBBLE_VA_NOSLEEP="1",
            PEBBLE_WFE_NONCEREJECT="0",
        )
        ports.until(self._answers, 120, "pebble does not answer")
        return self

    def _start(self, command: list[str], **environment: str) -> None:
        with (self._folder / f"{command[0]}.log").open("wb") as log:
            command[0] = needs.program(command[0])
            self._running.append(subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment))

    def _answers(self) -> bool:
        trusting = ssl.create_default_context(cafile=str(self.trusted))
        with contextlib.suppress(OSError):
            urllib.request.urlopen(self.directory, timeout=30, context=trusting).close()
            return True
        return False

    def __exit__(self, *_: object) -> None:
        for one in self._running:
            one.terminate()
            one.wait(60)


def _certificate(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)

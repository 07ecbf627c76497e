"""A zone that is signed, and a resolver of the test's own that validates it: two of Debian's bind9."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from tests.support import needs, ports

SERVER = """
options {{ directory "{dir}"; listen-on port {server} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; pid-file none;
  session-keyfile none; recursion no; dnssec-validation no; empty-zones-enable no; check-names primary ignore; }};
controls {{ }};
zone "{zone}" {{ type primary; file "zone.signed"; }};
zone "unsigned.test" {{ type primary; file "unsigned.zone"; }};
"""
RESOLVER = """
options {{ directory "{dir}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; pid-file none;
  session-keyfile none; recursion yes; dnssec-validation yes; empty-zones-enable no; }};
controls {{ }};
trust-anchors {{ "{zone}" static-key {key}; }};
zone "{zone}" {{ type forward; forward only; forwarders {{ 127.0.0.1 port {server}; }}; }};
zone "unsigned.test" {{ type forward; forward only; forwarders {{ 127.0.0.1 port {server}; }}; }};
"""


class SignedDns:
    """``with SignedDns("dane.test", text, plain) as dns: dns.address`` is the validating resolver's.

    ``plain`` is the zone ``unsigned.test``; ``forge`` may change the signed zone's text, as an attacker would.
    """

    def __init__(self, zone: str, text: str, plain: str, forge: Callable[[str], str] = str) -> None:
        self.dir = Path(tempfile.mkdtemp(prefix="mailnode-signed-", dir="/tmp"))
        self.port, server = ports.free(), ports.free()
        self.address = f"127.0.0.1:{self.port}"
        (self.dir / "zone").write_text(text, encoding="ascii")
        (self.dir / "unsigned.zone").write_text(plain, encoding="ascii")
        key = self._sign(zone, forge)
        facts = {"dir": self.dir, "zone": zone, "port": self.port, "server": server, "key": key}
        (self.dir / "server.conf").write_text(SERVER.format(**facts), encoding="ascii")
        (self.dir / "resolver.conf").write_text(RESOLVER.format(**facts), encoding="ascii")
        self.ports = {"server": server, "resolver": self.port}
        self.running: list[subprocess.Popen[bytes]] = []

    def _sign(self, zone: str, forge: Callable[[str], str]) -> str:
        """Make a key and sign with it; gives the key as a trust anchor."""
        keygen = [needs.program("dnssec-keygen"), "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", zone]
        made = subprocess.run(keygen, cwd=self.dir, check=True, capture_output=True, text=True).stdout.strip()
        signing = [needs.program("dnssec-signzone"), "-q", "-S", "-z", "-o", zone, "-f", "zone.clear", "zone"]
        subprocess.run(signing, cwd=self.dir, check=True, capture_output=True)
        signed = (self.dir / "zone.clear").read_text(encoding="ascii")
        (self.dir / "zone.signed").write_text(forge(signed), encoding="ascii")
        found = re.search(r"DNSKEY\s+(\d+) (\d+) (\d+) (.+)", (self.dir / f"{made}.key").read_text(encoding="ascii"))
        assert found is not None
        return f'{found[1]} {found[2]} {found[3]} "{found[4]}"'

    def __enter__(self) -> SignedDns:
        for name, port in self.ports.items():
            command = [needs.program("named"), "-f", "-n", "1", "-c", str(self.dir / f"{name}.conf")]
            log = (self.dir / f"{name}.log").open("wb")
            self.running.append(subprocess.Popen(command, stdout=log, stderr=log))
            ports.listening("127.0.0.1", port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(10)
        shutil.rmtree(self.dir, ignore_errors=True)

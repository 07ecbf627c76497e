"""A real bind9 on a free loopback port, serving the zones that a test hands it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tests.support import needs, ports

CONF = """
options {{
  directory "{dir}";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  minimal-responses no;
  empty-zones-enable no;
}};
controls {{ }};
{zones}
"""


class Named:
    """``with Named({"example.test": zone_text}) as server: server.address``."""

    def __init__(self, zones: Mapping[str, str]) -> None:
        self.port = ports.free()
        self.address = f"127.0.0.1:{self.port}"
        self.dir = Path(tempfile.mkdtemp(prefix="mailnode-named-", dir="/tmp"))
        blocks = []
        for number, (name, text) in enumerate(zones.items()):
            (self.dir / f"{number}.zone").write_text(text, encoding="ascii")
            blocks.append(f'zone "{name}" {{ type primary; file "{number}.zone"; }};')
        self.conf = self.dir / "named.conf"
        self.conf.write_text(CONF.format(dir=self.dir, port=self.port, zones="\n".join(blocks)), encoding="ascii")

    def __enter__(self) -> Named:
        self.process = subprocess.Popen(
            [needs.program("named"), "-f", "-n", "1", "-c", str(self.conf)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ports.listening("127.0.0.1", self.port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.dir, ignore_errors=True)

"""Install the Debian packages that the tests play against: ``python tests/support/install.py``.

Only what is missing is installed, and only as root; anybody else is told the line to type. The
packages' daemons are not started: the tests start their own, on high ports and in temporary
folders. Standard library only, because nothing else may be there yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PACKAGES = (
    "bind9",
    "bind9-dnsutils",
    "bind9-utils",
    "caddy",
    "chromium",
    "clamav-daemon",
    "curl",
    "docker-compose",
    "dovecot-core",
    "dovecot-imapd",
    "dovecot-pop3d",
    "fetchmail",
    "fonts-noto-cjk",
    "gsasl",
    "haproxy",
    "isync",
    "jq",
    "libpython3.11-testsuite",
    "libsasl2-modules",
    "msmtp",
    "mutt",
    "offlineimap3",
    "opendkim",
    "pebble",
    "postfix",
    "postfix-sqlite",
    "postgresql",
    "rspamd",
    "spamd",
    "swaks",
    "systemd",
)
# invoke-rc.d asks this file before it starts a service; 101 means no.
POLICY = Path("/usr/sbin/policy-rc.d")


def line(packages: list[str]) -> str:
    return f"apt-get install -y --no-install-recommends {' '.join(packages)}"


def missing() -> list[str]:
    asked = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *PACKAGES]
    listed = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.splitlines()
    return [package for package in PACKAGES if f"installed {package}" not in listed]


def install(packages: list[str]) -> None:
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in ("apt-get update -q", line(packages)):
            subprocess.run(command.split(), env=environment, stdin=subprocess.DEVNULL, check=True)
    finally:
        if ours:
            POLICY.unlink()


def main() -> int:
    packages = missing()
    if packages and os.geteuid() != 0:
        print(f"The tests need more packages: {line(packages)}", file=sys.stderr)
        return 1
    if packages:
        install(packages)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fetching pictures that mail points to, so that no tracker ever sees a reader.

What a stranger writes into a message must not reach our own network, so:

- http and https only, on their usual ports, without user and password;
- the name is looked up here, every address must be public, and the connection goes to the very
  address that was checked (a second look-up could answer otherwise);
- a redirect is a new URL, with the same checks, at most REDIRECTS times;
- no cookies, no referrer, one user agent for everybody;
- the answer must be a raster picture by its type and by its first bytes; SVG can act, so it is none.

RFC 6890 lists the addresses that are not public.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from mailnode.errors import ImageRefused, ImageUnavailable

MAX_BYTES = 10 * 1024 * 1024
MAX_URL = 4000
REDIRECTS = 3
PATIENCE = 10.0  # seconds for each step
PORTS = {"http": 80, "https": 443}
USER_AGENT = "Mozilla/5.0 (compatible; image proxy)"
Lookup = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Picture:
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL: connect to ``address``, ask for ``path`` of ``host``."""

    scheme: str
    host: str
    port: int
    address: str
    path: str


def system_lookup(host: str, port: int) -> list[str]:
    """The addresses of a host as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def fetch(url: str, *, lookup: Lookup = system_lookup, is_public: Callable[[str], bool] | None = None) -> Picture:
    """Get the picture. Raises ImageRefused for what we do not fetch, ImageUnavailable for what is none."""
    for _ in range(REDIRECTS + 1):
        target = check(url, lookup, is_public or is_public_address)
        status, location, picture = _ask(target)
        if picture is not None:
            return picture
        if status not in (301, 302, 303, 307, 308) or not location:
            raise ImageUnavailable
        url = urljoin(url, location)
    raise ImageUnavailable


def check(url: str, lookup: Lookup, is_public: Callable[[str], bool]) -> Target:
    """What may be asked for, and where. Raises ImageRefused."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        path = (parts.path or "/").encode("ascii", "strict").decode()
        query = parts.query.encode("ascii", "strict").decode()
    except (ValueError, UnicodeError) as error:
        raise ImageRefused from error
    bad = len(url) > MAX_URL or not host or parts.username is not None or port != PORTS.get(parts.scheme)
    if bad or any(char <= " " or char == "\x7f" for char in path + query):
        raise ImageRefused
    try:
        addresses = lookup(host, port)
    except OSError as error:
        raise ImageUnavailable from error
    if not addresses or not all(is_public(address) for address in addresses):
        raise ImageRefused
    return Target(parts.scheme, host, port, addresses[0], path + (f"?{query}" if query else ""))


def is_public_address(text: str) -> bool:
    """True for addresses of the public Internet; mapped and tunnelled ones count as what they carry."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public_address(str(inner))
        if address in ipaddress.ip_network("64:ff9b::/96"):  # RFC 6052
            return is_public_address(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    return address.is_global and not address.is_multicast


def kind_of(data: bytes) -> str | None:
    """The media type by the first bytes; None for what is no raster picture."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return "image/bmp" if data.startswith(b"BM") else None


def _ask(target: Target) -> tuple[int, str | None, Picture | None]:
    """Status, Location, and the picture when it is one. Raises ImageUnavailable."""
    connection = _connection(target)
    try:
        connection.request("GET", target.path, headers={"User-Agent": USER_AGENT, "Accept": "image/*"})
        answer = connection.getresponse()
        if answer.status != 200:
            return answer.status, answer.getheader("Location"), None
        if int(answer.getheader("Content-Length") or 0) > MAX_BYTES:
            raise ImageUnavailable
        data = answer.read(MAX_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ImageUnavailable from error
    finally:
        connection.close()
    kind = kind_of(data)
    if kind is None or len(data) > MAX_BYTES:
        raise ImageUnavailable
    return 200, None, Picture(kind, data)


def _connection(target: Target) -> http.client.HTTPConnection:
    """A connection to the checked address that says the name (TLS too: the certificate is checked for it)."""
    made = http.client.HTTPConnection(target.host, target.port, timeout=PATIENCE)
    try:
        made.sock = socket.create_connection((target.address, target.port), timeout=PATIENCE)
        if target.scheme == "https":
            made.sock = ssl.create_default_context().wrap_socket(made.sock, server_hostname=target.host)
    except OSError as error:
        made.close()
        raise ImageUnavailable from error
    return made

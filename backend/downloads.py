"""Bytes of strangers, sent so that no browser runs them: as a download, unsniffed, in a sandbox.

Only raster pictures may be shown inline, because nothing in them can act.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

from mailnode.octets import Octets, blocks

RASTER = frozenset(f"image/{kind}" for kind in ("png", "jpeg", "gif", "webp", "avif", "bmp"))
ACTIVE = ("html", "xml", "svg", "javascript", "ecmascript")
POLICY = "sandbox; default-src 'none'"
FOREVER = "private, max-age=86400, immutable"  # what an id names never changes


def download(data: Octets, kind: str, name: str, *, inline: bool = False) -> Response:
    """The answer with these bytes; ``inline`` is granted to raster pictures only."""
    shown = inline and kind in RASTER
    safe = "application/octet-stream" if any(word in kind for word in ACTIVE) or not kind.isascii() else kind
    response = Response(data if isinstance(data, bytes) else blocks(data), content_type=safe)
    response.content_length = len(data)
    response.headers["Content-Disposition"] = disposition("inline" if shown else "attachment", name)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = FOREVER
    return response


def disposition(kind: str, name: str) -> str:
    """The header's value; a name that is not ASCII goes in both forms (RFC 6266 §5)."""
    clean = _one_line(name)
    plain = clean.encode("ascii", "replace").decode().replace("\\", "_").replace('"', "_")
    extended = "" if clean.isascii() else f"; filename*=UTF-8''{quote(clean, safe='')}"
    return f'{kind}; filename="{plain}"{extended}'


def _one_line(name: str) -> str:
    return "".join(char if char.isprintable() else "_" for char in name)[:200] or "file"

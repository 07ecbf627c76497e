"""The built web client: a few small files, kept in memory with their headers, compressed once.

The headers are half of the client's safety (what a hostile message could reach): the
page itself runs only its own scripts under Trusted Types, and ``/reader.html``, where mail is
shown, runs none at all and loads nothing from elsewhere.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import NotFound
from werkzeug.http import quote_etag

from backend import preconditions

APP_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self' blob:; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types dompurify svelte-trusted-html"
)
READER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: blob:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
OTHER_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml"}
COMPRESSED = ("text/", "image/svg", "application/json", "application/manifest")
WEB = Path(__file__).parent / "web"
BUILT = Path(__file__).parent.parent / "frontend" / "dist"


@dataclass(frozen=True, slots=True)
class File:
    """One file of the client; ``packed`` is None where compression gains nothing."""

    plain: bytes
    packed: bytes | None
    tag: str
    headers: dict[str, str]


def load(path: str, data: bytes) -> File:
    """The file as it is answered at ``path`` (without a leading slash)."""
    kind = TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    if path == "index.html":
        policy, cache = APP_POLICY, "no-cache"
    elif path == "reader.html":
        policy, cache = READER_POLICY, "no-cache"
    elif path.startswith("assets/"):
        policy, cache = OTHER_POLICY, "public, max-age=31536000, immutable"
    else:
        policy, cache = OTHER_POLICY, "public, max-age=3600"
    packed = gzip.compress(data, 9, mtime=0) if kind.startswith(COMPRESSED) else None
    headers = {"Content-Type": kind, "Content-Security-Policy": policy, "Cache-Control": cache, **EVERYWHERE}
    return File(data, packed, hashlib.blake2b(data, digest_size=12).hexdigest(), headers)


def load_all(root: Path) -> dict[str, File]:
    """Every file below ``root``; none when it is not there (the API serves without a client too)."""
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return {name: load(name, path.read_bytes()) for path in found if (name := path.relative_to(root).as_posix())}


def install(app: Flask, root: Path | None = None) -> None:
    """Serve the client at ``/``. ``root`` is looked for beside the package and in the checkout."""
    files = load_all(root or (WEB if WEB.is_dir() else BUILT))
    bp = Blueprint("web", __name__)

    @bp.get("/")
    @bp.get("/<path:path>")
    def show(path: str = "index.html") -> Response:
        file = files.get(path)
        if file is None or path.startswith("api/"):
            raise NotFound
        return answer(file)

    app.register_blueprint(bp)


def answer(file: File) -> Response:
    packed = file.packed is not None and preconditions.takes_gzip()
    tag = file.tag + (preconditions.GZIP if packed else "")
    headers = {**file.headers, "ETag": quote_etag(tag), "Vary": "Accept-Encoding"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    response = Response(file.packed if packed else file.plain, headers=headers)
    response.make_conditional(request)
    return response

"""Channel bindings: what both ends of a TLS connection know of it, and nobody between them can have (RFC 5056).

- ``tls-exporter`` (RFC 9266) on TLS 1.3. Python's ssl module has no exporter, OpenSSL has: it is asked
  directly, through the pointer that the module's own object holds. That the pointer is where we think is checked by
  the pointer beside it, which must be the object's context; where it is not, bindings are not offered at all, for
  clients take this one first on TLS 1.3.
- ``tls-unique`` on TLS 1.2 (RFC 5929 §3), where RFC 9266 leaves it.
- ``tls-server-end-point`` on both (RFC 5929 §4): the hash of our certificate, the one in use now. A client that
  connected before it was renewed is refused once, and connects anew.
"""

from __future__ import annotations

import ctypes
import ssl
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mailnode.certificates import ServerContext
from mailnode.proto.sasl import Binding

_LABEL = b"EXPORTER-Channel-Binding"  # RFC 9266 §2
_LENGTH = 32
# The object of the ssl module: count, type, socket, SSL*, context.
_HEAD = struct.Struct("5P")
_SSL, _CONTEXT = 3, 4


def of(inside: Any) -> tuple[Binding, ...]:
    """The bindings of a connection; ``inside`` is the transport's ``ssl_object``, None without TLS."""
    if inside is None or not available():
        return ()
    found = [_exported(inside) if inside.version() == "TLSv1.3" else _unique(inside), _end_point(inside.context)]
    return tuple(one for one in found if one is not None)


@lru_cache(maxsize=1)
def available() -> bool:
    """True where this Python's TLS can be asked for all of them."""
    if _exporter() is None:
        return False
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.check_hostname = False
    return _pointer(nobody.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())) is not None


def _exported(inside: Any) -> Binding | None:
    exporter, pointer = _exporter(), _pointer(inside)
    if exporter is None or pointer is None:
        return None
    out = ctypes.create_string_buffer(_LENGTH)
    done = exporter(pointer, out, _LENGTH, _LABEL, len(_LABEL), b"", 0, 1)
    return Binding("tls-exporter", out.raw) if done == 1 else None


def _unique(inside: Any) -> Binding | None:
    data = inside.get_channel_binding("tls-unique")
    return Binding("tls-unique", data) if data else None


def _end_point(context: ssl.SSLContext) -> Binding | None:
    data = context.end_point if isinstance(context, ServerContext) else b""
    return Binding("tls-server-end-point", data) if data else None


@lru_cache(maxsize=1)
def _exporter() -> Callable[..., int] | None:
    """OpenSSL's function, from the library that the ssl module itself uses."""
    import _ssl

    try:
        found = ctypes.CDLL(_ssl.__file__).SSL_export_keying_material
    except (AttributeError, OSError):  # built into the interpreter, or out of reach
        return None
    text, size = ctypes.c_char_p, ctypes.c_size_t
    found.argtypes = (ctypes.c_void_p, text, size, text, size, text, size, ctypes.c_int)
    found.restype = ctypes.c_int
    return found


def _pointer(inside: Any) -> int | None:
    """OpenSSL's ``SSL *`` of this connection; None where the object is not laid out as we know it."""
    own = getattr(inside, "_sslobj", None)
    if own is None or type(own).__basicsize__ < _HEAD.size:
        return None
    head = _HEAD.unpack(ctypes.string_at(id(own), _HEAD.size))
    return head[_SSL] or None if head[_CONTEXT] == id(own.context) else None

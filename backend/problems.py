"""Every error of the API is a problem document (RFC 9457).

``type`` is ``/problems/KIND`` and never changes; ``title`` and ``detail`` are in the language of the request.
What is not a MailError and not HTTP's own is our bug: logged with its traceback, answered 500
without detail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, jsonify, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from backend.details import in_chinese
from backend.titles import title_of
from mailnode import log
from mailnode.errors import MailError, ProtocolError

_log = log.get("api")
LOCATIONS = ("json", "query")
KINDS = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    412: "precondition-failed",
    413: "too-large",
    415: "not-json",
    428: "precondition-required",
    429: "too-many-requests",
    500: "internal",
    503: "unavailable",
}


def language() -> str:
    """``zh`` or ``en``, as the request likes it best."""
    return request.accept_languages.best_match(["en", "zh", "zh-CN"], "en")[:2]


def problem(status: int, kind: str, title: str | None = None, **more: object) -> Response:
    """The document; ``title`` only where the kind has no fixed one."""
    shown = title_of(kind, language()) or title or kind
    response = jsonify(type=f"/problems/{kind}", title=shown, status=status, **more)
    response.status_code = status
    response.content_type = "application/problem+json"
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept-Language")
    if status == 429:
        response.headers["Retry-After"] = "60"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 §11.6.1
    return response


def _told(detail: str) -> str:
    return in_chinese(detail) if language() == "zh" else detail


def pointers(messages: Any, at: str = "#") -> Iterator[dict[str, str]]:
    """Flatten marshmallow's nested messages into JSON Pointers, as in RFC 9457 §3."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            below = at if key == "_schema" else f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"
            yield from pointers(inner, below)
    elif isinstance(messages, list):
        for inner in messages:
            yield from pointers(inner, at)
    else:
        yield {"pointer": at, "detail": _told(str(messages))}


def _without_location(messages: Any) -> Any:
    """webargs says where a member was looked for; a pointer does not."""
    if isinstance(messages, dict) and len(messages) == 1 and next(iter(messages)) in LOCATIONS:
        return next(iter(messages.values()))
    return messages


def install(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> Response:
        return problem(422, "invalid", errors=[*pointers(_without_location(error.messages))])

    @app.errorhandler(MailError)
    def mail(error: MailError) -> Response:
        usual = getattr(type(error), "public", error.public)
        special = {} if error.public == usual else {"detail": _told(error.public)}
        return problem(error.http, error.kind, usual, **special)

    @app.errorhandler(ProtocolError)
    def unwritable(error: ProtocolError) -> Response:
        """A value that no message can hold: an address or a name with control characters."""
        return problem(422, "invalid", detail=_told(str(error)))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None:
            return error.response  # type: ignore[return-value]
        status = error.code or 500
        kind = "not-json" if type(error).__name__ == "NotJson" else KINDS.get(status, "http")
        response = problem(status, kind, error.name)
        for name, value in error.get_headers(request.environ):
            if name not in ("Content-Type", "Content-Length"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        _log.exception("unexpected", method=request.method, path=request.path, error=repr(error))
        return problem(500, "internal")

"""The blueprint that every resource uses: flask-smorest's with types, and with plain errors.

smorest answers a bad body itself, in a form of its own. Here the parser raises marshmallow's error
instead, so that `problems` stays the only place where an error becomes JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import flask_smorest
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from flask import request

View = TypeVar("View", bound=Callable[..., Any])


class NotJson(BadRequest):
    """The body is not JSON at all."""


class Parser(FlaskParser):
    """webargs' parser with our errors."""

    def load_json(self, req: Any, schema: Schema) -> Any:
        if req.content_length and not req.is_json:
            raise UnsupportedMediaType
        return super().load_json(req, schema)

    def handle_error(self, error: ValidationError, *args: Any, **more: Any) -> NoReturn:
        raise error

    def _handle_invalid_json_error(self, error: Any, req: Any, *args: Any, **more: Any) -> NoReturn:
        raise NotJson from error


class Blueprint(flask_smorest.Blueprint):
    """A group of routes under one name; the name is the tag in the description."""

    ARGUMENTS_PARSER = Parser()

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        wrapped: Callable[[View], View] = super().route(rule, **options)
        return wrapped

    def arguments(self, schema: type[Schema] | Schema, **options: Any) -> Callable[[View], View]:
        """The view gets the loaded body (or query, with ``location="query"``) as next argument."""
        wrapped: Callable[[View], View] = super().arguments(schema, **options)
        return wrapped

    def response(self, status: int, schema: type[Schema] | Schema | None = None, **options: Any) -> Callable[[View], View]:
        """What the view returns is dumped by the schema; a Response passes as it is."""
        wrapped: Callable[[View], View] = super().response(status, schema, **options)
        return wrapped

    @staticmethod
    def doc(**more: Any) -> Callable[[View], View]:
        wrapped: Callable[[View], View] = flask_smorest.Blueprint.doc(**more)
        return wrapped


def body_bytes(limit: int) -> bytes:
    """The raw body of this request; werkzeug's 413 when it is longer than ``limit``."""
    request.max_content_length = limit
    return request.get_data(cache=False)

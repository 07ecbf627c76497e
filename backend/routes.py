"""The blueprint that every resource uses: flask-smorest's with types, and with plain errors.

smorest answers a bad body itself, in a form of its own. Here the parser raises marshmallow's error
instead, so that `problems` stays the only place where an error becomes JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from flask import request
from flask_smorest.blueprint import Blueprint as SmorestBlueprint
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")  # of a character, which is none without the other: RFC 8259 §8.2
View = TypeVar("View", bound=Callable[..., Any])


class NotJson(BadRequest):
    """The body is not JSON at all."""


class Parser(FlaskParser):
    """webargs' parser with our errors."""

    def load_json(self, req: Any, schema: Schema) -> Any:
        if not req.is_json and (req.content_length or req.get_data()):  # one that comes in chunks tells no length
            raise UnsupportedMediaType
        try:
            found = super().load_json(req, schema)
            if _HALF.search(req.get_data()):
                json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists thousands deep
            raise NotJson from error
        return found

    def handle_error(self, error: ValidationError, *args: Any, **more: Any) -> NoReturn:
        raise error

    def _handle_invalid_json_error(self, error: Any, req: Any, *args: Any, **more: Any) -> NoReturn:
        raise NotJson from error


class Blueprint(SmorestBlueprint):
    """A group of routes under one name; the name is the tag in the description."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, *, url_prefix: str = "", description: str = "") -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # smorest has no types; here they begin
            name, import_name, url_prefix=url_prefix, description=description
        )

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        wrapped: Callable[[View], View] = super().route(rule, **options)  # type: ignore[no-untyped-call]
        return wrapped

    def get(self, rule: str, **options: Any) -> Callable[[View], View]:
        return self.route(rule, methods=["GET"], **options)

    def post(self, rule: str, **options: Any) -> Callable[[View], View]:
        return self.route(rule, methods=["POST"], **options)

    def put(self, rule: str, **options: Any) -> Callable[[View], View]:
        return self.route(rule, methods=["PUT"], **options)

    def patch(self, rule: str, **options: Any) -> Callable[[View], View]:
        return self.route(rule, methods=["PATCH"], **options)

    def delete(self, rule: str, **options: Any) -> Callable[[View], View]:
        return self.route(rule, methods=["DELETE"], **options)

    def arguments(self, schema: type[Schema] | Schema, **options: Any) -> Callable[[View], View]:
        """The view gets the loaded body (or query, with ``location="query"``) as next argument."""
        wrapped: Callable[[View], View] = super().arguments(schema, **options)  # type: ignore[no-untyped-call]
        return wrapped

    def response(
        self, status_code: int, schema: type[Schema] | Schema | None = None, **options: Any
    ) -> Callable[[View], View]:
        """What the view returns is dumped by the schema; a Response passes as it is."""
        wrapped: Callable[[View], View] = super().response(status_code, schema, **options)  # type: ignore[no-untyped-call]
        return wrapped

    @staticmethod
    def doc(**more: Any) -> Callable[[View], View]:
        wrapped: Callable[[View], View] = SmorestBlueprint.doc(**more)  # type: ignore[no-untyped-call]
        return wrapped


def body_bytes(limit: int) -> bytes:
    """The raw body of this request; werkzeug's 413 when it is longer than ``limit``."""
    request.max_content_length = limit
    return request.get_data()  # kept, so that a request that lost a deadlock can be repeated

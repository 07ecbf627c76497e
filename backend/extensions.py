"""Flask's extensions, made here without an application and bound to one in `app.create_app`."""

from __future__ import annotations

from threading import Lock
from typing import Any

import flask_smorest
from apispec import APISpec
from flask import Flask, Response, current_app, json
from flask_jwt_extended import JWTManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_smorest.blueprint import Blueprint
from flask_sqlalchemy import SQLAlchemy
from marshmallow import Schema, fields
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode.database import Base, begin_write
from mailnode.settings import Settings
from mailnode.store.opening import open_store


class Database(SQLAlchemy):
    """Flask's sessions on our engine, which knows the write lock and the hooks of a commit."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        return open_store(app.config["MAILNODE"])


class PointerSchema(Schema):
    pointer = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """RFC 9457."""

    type = fields.String(required=True, metadata={"description": "/problems/KIND"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    errors = fields.List(fields.Nested(PointerSchema))


class Api(flask_smorest.Api):
    """smorest's, whose errors are described as the problem documents that they are.

    What the routes take and give is put into words when somebody asks for them first: no request needs them, and they
    are most of the work of making an application.
    """

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Blueprint] = []
        self._describing = Lock()
        super().__init__(app)  # type: ignore[no-untyped-call]  # smorest has no types

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._undescribed.append(blp)

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        with self._describing:
            while self._undescribed:
                blp = self._undescribed.pop(0)
                describe = blp.register_views_in_doc
                describe(self, self._app, self.spec, name=blp.name, parameters=None)  # type: ignore[no-untyped-call]
                self.spec.tag({"name": blp.name, "description": blp.description})
            found: dict[str, Any] = self.spec.to_dict()
            return found

    def _openapi_json(self) -> Response:
        text = json.dumps(self.document(), indent=2, sort_keys=False)
        return current_app.response_class(text, mimetype="application/json")

    ERROR_SCHEMA: type[Schema] = ProblemSchema  # type: ignore[assignment]  # smorest means its own

    def _register_error_handlers(self) -> None:
        """None: `problems.install` has them."""

    def _register_responses(self) -> None:
        spec: APISpec = self.spec
        content = {"application/problem+json": {"schema": self.ERROR_SCHEMA}}
        spec.components.response("DEFAULT_ERROR", {"description": "A problem", "content": content}, lazy=True)
        spec.components.response("UNPROCESSABLE_ENTITY", {"description": "Invalid", "content": content}, lazy=True)
        spec.components.response("UNPROCESSABLE_CONTENT", {"description": "Invalid", "content": content}, lazy=True)


db = Database(model_class=Base, disable_autonaming=True)
jwt = JWTManager()
limiter = Limiter(get_remote_address, default_limits=[], strategy="moving-window")


def settings() -> Settings:
    """The settings of the application that answers this request."""
    found: Settings = current_app.config["MAILNODE"]
    return found


def reading() -> Session:
    """This request's session, on one snapshot of the database."""
    return db.session()


def writing() -> Session:
    """This request's session, opened for writing. Nothing may have been asked in it before.

    On SQLite other writers wait from here until the commit: do slow work (hashing, DNS) first.
    """
    tx = db.session()
    begin_write(tx)
    return tx

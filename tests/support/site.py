"""The API on a store of its own, with people in it, spoken to through Flask's test client.

People have sessions from the start (making a password costs time); `PASSWORD` is everybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backend import tokens
from backend.app import create_app
from backend.extensions import db, limiter
from mailnode.database import begin_write, utcnow
from mailnode.directory import edit, sessions
from mailnode.store import mailboxes, messages
from tests.support.store import Store

API = "/api/v1"
PASSWORD = "correct horse battery"
PEOPLE = {
    "root": "root@example.test",  # system administrator
    "dora": "dora@example.test",  # administers example.test
    "anna": "anna@example.test",
    "bert": "bert@example.test",
    "otto": "otto@other.test",  # of another domain
}


@lru_cache(maxsize=1)
def password_hash() -> str:
    return edit.new_password(PASSWORD).hash


@dataclass
class Person:
    """Somebody with a session; requests carry the token and answers are JSON where they can be."""

    client: FlaskClient
    user_id: int
    address: str
    token: str | None
    session_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers = {**token, **self.headers, **more.pop("headers", {})}
        return self.client.open(
            path if path.startswith("/") else f"{API}/{path}", method=method, headers=headers, **more
        )

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.ask("GET", path, **more)

    def post(self, path: str, json: object = None, **more: Any) -> TestResponse:
        return self.ask("POST", path, **({"json": json} if json is not None else {}), **more)

    def put(self, path: str, json: object = None, **more: Any) -> TestResponse:
        return self.ask("PUT", path, **({"json": json} if json is not None else {}), **more)

    def patch(self, path: str, json: object = None, **more: Any) -> TestResponse:
        return self.ask("PATCH", path, **({"json": json} if json is not None else {}), **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self.ask("DELETE", path, **more)


class Site:
    """The application, its store, and who is in it."""

    def __init__(self, store: Store, app: Flask) -> None:
        self.store = store
        self.app = app
        self.people: dict[str, Person] = {}
        self.nobody = Person(app.test_client(use_cookies=False), 0, "", None)
        with self.write() as tx:
            for name in ("example.test", "other.test"):
                edit.create_domain(tx, name, keys=())
            ids = {name: self._make(tx, name, address) for name, address in PEOPLE.items()}
            edit.set_administered(tx, PEOPLE["dora"], ["example.test"])
        for name, user_id in ids.items():
            self.people[name] = self._person(name, user_id)

    def __getattr__(self, name: str) -> Person:
        """``site.anna`` is Anna."""
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One writing transaction beside the API."""
        with self.store.write() as tx:
            yield tx

    def deliver(self, name: str, raw: bytes, mailbox: str = "INBOX") -> str:
        """A message into somebody's mailbox; gives its id in the API."""
        with self.write() as tx:
            done = messages.append(tx, self.people[name].user_id, mailbox, raw)
        return f"{done.mailbox_id}.{done.uid}"

    def mailbox(self, name: str, mailbox: str) -> int:
        """The id of somebody's mailbox."""
        with self.store.read() as tx:
            return mailboxes.by_name(tx, self.people[name].user_id, mailbox).id

    def _make(self, tx: Session, name: str, address: str) -> int:
        user = edit.create_user(tx, address, password_hash=password_hash(), administrator=name == "root")
        mailboxes.create_defaults(tx, user.id)
        return user.id

    def _person(self, name: str, user_id: int) -> Person:
        session_id = f"session-{name}"
        with self.app.test_request_context():
            tx = db.session()
            begin_write(tx)
            sessions.start(tx, session_id, user_id, peer="192.0.2.1", client="test", now=utcnow())
            db.session.commit()
            token = tokens.access_token(user_id, session_id)
        client = self.app.test_client(use_cookies=False)
        return Person(client, user_id, PEOPLE[name], token, session_id)


@contextmanager
def opened(store: Store) -> Iterator[Site]:
    """A site on this store. Limits of requests are off: their test switches them on."""
    app = create_app(store.settings)
    limiter.enabled = False
    try:
        yield Site(store, app)
    finally:
        for name in ("mailnode.authenticator", "mailnode.offload"):
            if name in app.extensions:
                app.extensions[name].close()
        with app.app_context():
            db.engine.dispose()


def mail(subject: str = "Hello", text: str = "Hi there", **fields: str) -> bytes:
    """A small message; ``fields`` are header fields with ``_`` for ``-``."""
    known = {"From": "Jane Doe <jane@elsewhere.test>", "To": "anna@example.test", "Subject": subject}
    known |= {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in known.items())
    return f"{head}\r\n{text}\r\n".encode()

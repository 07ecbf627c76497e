"""The titles of problems that have no MailError, and the Chinese of all.

English titles of MailErrors stand with their classes in mailnode.errors. A test holds that every
kind has a Chinese title.
"""

from __future__ import annotations

ENGLISH = {
    "bad-request": "The request cannot be understood",
    "invalid": "The request does not fit the contract",
    "not-json": "The body is not JSON",
    "unauthorized": "Log in first",
    "forbidden": "You may not do this",
    "csrf": "The request lacks its cross-site token; reload the page",
    "not-found": "There is nothing here",
    "method-not-allowed": "This cannot be done here",
    "precondition-failed": "Somebody else has changed this meanwhile; load it again",
    "precondition-required": "Say in If-Match which version you want to change",
    "too-large": "This is too large",
    "too-many-requests": "Too many requests; wait a moment",
    "internal": "Something went wrong on our side; it has been noted",
    "unavailable": "The service is not available at the moment",
    "http": "The request failed",
}
CHINESE: dict[str, str] = {}


def title_of(kind: str, language: str) -> str | None:
    """None where only the error's own English sentence is known."""
    return CHINESE.get(kind) if language == "zh" else ENGLISH.get(kind)

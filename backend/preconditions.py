"""ETags: ``If-None-Match`` on reading, ``If-Match`` on changing (RFC 9110 §13.1).

The tag of a resource is a digest of the document that a GET would show, or of any facts that change
with it. Tags are strong.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, request
from werkzeug.exceptions import HTTPException, PreconditionRequired
from werkzeug.http import quote_etag

from mailnode.errors import ChangedMeanwhile


def tag_of(*facts: Any) -> str:
    """An unquoted tag for facts that JSON can hold."""
    written = json.dumps(facts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def headers(tag: str) -> dict[str, str]:
    """What a response with this tag carries."""
    return {"ETag": quote_etag(tag), "Cache-Control": "private, no-cache"}


def unless_known(tag: str) -> dict[str, str]:
    """The headers of the answer; ends the request with 304 when the client has this version."""
    if tag in request.if_none_match:
        raise HTTPException(response=Response(status=304, headers=headers(tag)))
    return headers(tag)


def must_match(tag: str, *, required: bool = True) -> None:
    """Raises ChangedMeanwhile when ``If-Match`` names another version, 428 when it is needed and missing."""
    if not request.if_match:
        if required:
            raise PreconditionRequired
        return
    if tag not in request.if_match:
        raise ChangedMeanwhile


def version_wanted(*, required: bool = True) -> int | None:
    """The version that ``If-Match`` names, for rows that count their versions; None for "any".

    A tag that no version has becomes -1, which matches nothing.
    """
    if not request.if_match:
        if required:
            raise PreconditionRequired
        return None
    if request.if_match.star_tag:
        return None
    tags = [tag for tag in request.if_match.as_set() if tag.isascii() and tag.isdigit()]
    return int(tags[0][:18]) if len(tags) == 1 else -1


def versioned(version: int) -> dict[str, str]:
    """The headers of a document whose row counts its versions."""
    return headers(str(version))

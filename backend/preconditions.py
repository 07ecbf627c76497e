"""ETags: ``If-None-Match`` on reading, ``If-Match`` on changing (RFC 9110 §13.1).

The tag of a resource is a digest of the document that a GET would show, or of any facts that change
with it; where a row counts its versions, the version and a digest of what is shown beside it. Views
that know the tag before they have the document name it themselves; all other documents get one from
`conditional`. Tags are strong, so who takes gzip reads another one (`GZIP` behind it) than who does not: what they
are sent may differ (RFC 9110 §8.8.3.3). For a change both name the same version. A proxy that compresses makes tags
weak, which reading does not mind.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, request
from werkzeug.exceptions import HTTPException, PreconditionRequired
from werkzeug.http import quote_etag

from mailnode.errors import ChangedMeanwhile

GZIP = "-gz"


def tag_of(*facts: Any) -> str:
    """An unquoted tag for facts that JSON can hold."""
    written = json.dumps(facts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def takes_gzip() -> bool:
    """Whether the answer to this request may be compressed."""
    return request.accept_encodings.quality("gzip") > 0


def headers(tag: str) -> dict[str, str]:
    """What a response with this tag carries."""
    return {"ETag": quote_etag(_sent(tag)), "Cache-Control": "private, no-cache"}


def unless_known(tag: str) -> dict[str, str]:
    """The headers of the answer; ends the request with 304 when the client has this version."""
    if _known(tag):
        raise HTTPException(response=Response(status=304, headers=headers(tag)))
    return headers(tag)


def _sent(tag: str) -> str:
    """The tag of a document as this request gets it."""
    return tag + GZIP if takes_gzip() else tag


def _known(tag: str) -> bool:
    return request.if_none_match.contains_weak(_sent(tag))  # RFC 9110 §13.1.2


def conditional(response: Response) -> Response:
    """The answer to a GET or HEAD with a tag if it has none, or 304 in its place when the client has it already."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or response.mimetype != "application/json":
        return response
    if response.is_streamed or "ETag" in response.headers:
        return response
    tag = hashlib.blake2b(response.get_data(), digest_size=12).hexdigest()
    named = {"ETag": quote_etag(_sent(tag))}  # whether it may be kept is for others to say
    if _known(tag):
        return Response(status=304, headers=named)
    response.headers.update(named)
    return response


def must_match(tag: str, *, required: bool = True) -> None:
    """Raises ChangedMeanwhile when ``If-Match`` names another version, 428 when it is needed and missing."""
    if not request.if_match:
        if required:
            raise PreconditionRequired
        return
    if tag not in request.if_match and tag + GZIP not in request.if_match:
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
    versions = {tag.partition("-")[0] for tag in request.if_match.as_set()}
    counted = [version for version in versions if version.isascii() and version.isdigit()]
    return int(counted[0][:18]) if len(counted) == 1 else -1


def must_be_version(version: object) -> None:
    """Raises ChangedMeanwhile when ``If-Match`` names another version of the row."""
    if version_wanted(required=False) not in (None, version):
        raise ChangedMeanwhile


def only_if_new() -> bool:
    """Whether ``If-None-Match: *`` says that nothing may be replaced (RFC 9110 §13.1.2)."""
    return request.if_none_match.star_tag


def versioned(version: int) -> dict[str, str]:
    """The headers of a document whose row counts its versions."""
    return headers(str(version))


def unless_seen(version: int, shown: Any) -> dict[str, str]:
    """The same for a GET, which may show more than the row; ends the request with 304 when the client has it all."""
    return unless_known(f"{version}-{tag_of(shown)}")

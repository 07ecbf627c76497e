"""Files on their way into a message.

A file goes up by itself and is named by a draft afterwards; one that no draft names goes after a
day. A user may have so many bytes waiting as MAX_WAITING messages may hold.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from mailnode.errors import NoSuchUpload, UploadsTooLarge
from mailnode.octets import Octets
from mailnode.store import bodies
from mailnode.submission.models import Upload

KEPT = timedelta(days=1)
MAX_WAITING = 10  # messages' worth of bytes
MAX_NAME = 200
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\Z")
OPAQUE = "application/octet-stream"


def limit_of(message_size_limit: int) -> int:
    """The largest file that fits into a message of this size: base64 makes four bytes of three."""
    return message_size_limit * 3 // 4


def put(tx: Session, user_id: int, data: Octets, *, name: str, kind: str, limit: int, now: datetime) -> Upload:
    """Keep a file of at most ``limit`` bytes. Raises UploadsTooLarge."""
    tx.execute(
        delete(Upload).where(Upload.user_id == user_id, Upload.draft_id.is_(None), Upload.created_at < now - KEPT)
    )
    waiting = tx.scalar(select(func.coalesce(func.sum(Upload.size), 0)).where(Upload.user_id == user_id)) or 0
    if len(data) > limit or waiting + len(data) > MAX_WAITING * limit:
        raise UploadsTooLarge
    made = Upload(
        id=secrets.token_urlsafe(16),
        user_id=user_id,
        draft_id=None,
        blob_id=bodies.put(tx, data).id,
        name=_clean(name),
        type=kind.lower() if _TYPE.match(kind.lower()) else OPAQUE,
        size=len(data),
        created_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def get(tx: Session, user_id: int, upload_id: str) -> Upload:
    """One of the user's files. Raises NoSuchUpload."""
    found = tx.get(Upload, upload_id)
    if found is None or found.user_id != user_id:
        raise NoSuchUpload
    return found


def read(tx: Session, upload: Upload) -> bytes:
    """Its bytes. Raises StoreDamaged."""
    return bodies.read(tx, upload.blob_id)


def remove(tx: Session, user_id: int, upload_id: str) -> None:
    """Raises NoSuchUpload."""
    tx.delete(get(tx, user_id, upload_id))
    tx.flush()


def claim(tx: Session, draft_id: int, upload_ids: Iterable[str]) -> None:
    """These are the draft's files now; what it named before and no longer does waits for its day."""
    tx.execute(update(Upload).where(Upload.draft_id == draft_id).values(draft_id=None))
    tx.execute(update(Upload).where(Upload.id.in_(list(upload_ids))).values(draft_id=draft_id))


def _clean(name: str) -> str:
    """A file name without folders and control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char if char.isprintable() else "_" for char in last)[:MAX_NAME].strip() or "file"

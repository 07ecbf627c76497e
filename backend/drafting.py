"""Between the API's documents of drafts and the values of mailnode.submission.drafts."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from backend import opened
from backend.identifiers import message_id, parse
from backend.reach import owner_of
from mailnode.database import utcnow
from mailnode.errors import NoSuchMessage
from mailnode.message import headers
from mailnode.submission import drafts, uploads
from mailnode.submission.drafts import Attached, Content, MessageRef, Person
from mailnode.submission.models import Draft, Upload

PEOPLE = ("to", "cc", "bcc", "reply_to")


def content_from(tx: Session, user_id: int, wanted: dict[str, Any], limit: int) -> Content:
    """What a request says. Parts of messages become uploads. Raises NoSuchMessage, NoSuchUpload."""
    author = wanted["from_"]
    return Content(
        author=Person(**author) if author else None,
        subject=wanted["subject"],
        html=wanted["html"],
        text=wanted["text"],
        in_reply_to=wanted["in_reply_to"],
        references=tuple(wanted["references"]),
        answers=_ref(wanted["answers"]),
        forwards=_ref(wanted["forwards"]),
        attachments=tuple(_attached(tx, user_id, one, limit) for one in wanted["attachments"]),
        to=_people(wanted["to"]),
        cc=_people(wanted["cc"]),
        bcc=_people(wanted["bcc"]),
        reply_to=_people(wanted["reply_to"]),
    )


def content_of_message(tx: Session, user_id: int, ref: MessageRef, limit: int) -> Content:
    """A message opened for writing: its addresses, words and files."""
    owner_id = owner_of(tx, ref.mailbox_id)
    message = opened.open_message(tx, owner_id, ref.mailbox_id, ref.uid)
    shown = opened.document(tx, owner_id, ref.mailbox_id, ref.uid, authserv_id="")
    parts: list[dict[str, Any]] = shown["parts"]  # type: ignore[assignment]
    raw_index = headers.index(message.raw, 0, headers.split(message.raw)[0])
    people = {name: _people(shown[name]) for name in PEOPLE}
    author: list[dict[str, str]] = shown["from"]  # type: ignore[assignment]
    in_reply_to: list[str] = shown["in_reply_to"]  # type: ignore[assignment]
    references: list[str] = shown["references"]  # type: ignore[assignment]
    return Content(
        author=Person(**author[0]) if author else None,
        subject=headers.decode_text(headers.first(raw_index, b"subject") or b"")[:2000],
        html=shown["html"],  # type: ignore[arg-type]
        text=shown["text"],  # type: ignore[arg-type]
        in_reply_to=in_reply_to[0] if in_reply_to else None,
        references=tuple(references),
        to=people["to"],
        cc=people["cc"],
        bcc=people["bcc"],
        reply_to=people["reply_to"],
        attachments=tuple(
            Attached(_from_part(tx, user_id, message, part["part"], limit).id, part["cid"] if part["inline"] else None)
            for part in parts
        ),
    )


def _people(shown: Any) -> tuple[Person, ...]:
    return tuple(Person(**one) for one in shown)


def document(tx: Session, draft: Draft) -> dict[str, object]:
    """A draft as it is read back."""
    content = drafts.content_of(draft)
    own = {name: getattr(content, name) for name in ("subject", "html", "text", "in_reply_to")}
    return {
        "id": str(draft.id),
        "version": draft.version,
        "updated_at": draft.updated_at,
        "message_id": message_id(draft.mailbox_id, draft.uid),
        "from": content.author,
        **{name: list(getattr(content, name)) for name in PEOPLE},
        **own,
        "references": list(content.references),
        "answers": _shown_ref(content.answers),
        "forwards": _shown_ref(content.forwards),
        "attachments": [_file(tx, draft.user_id, one) for one in content.attachments],
    }


def ref_of(text: str) -> MessageRef:
    """Raises NoSuchMessage."""
    return MessageRef(*parse(text))


def _ref(text: str | None) -> MessageRef | None:
    """What a draft answers may be gone; it is no reason to refuse the draft."""
    try:
        return ref_of(text) if text else None
    except NoSuchMessage:
        return None


def _shown_ref(ref: MessageRef | None) -> str | None:
    return message_id(ref.mailbox_id, ref.uid) if ref else None


def _attached(tx: Session, user_id: int, one: dict[str, Any], limit: int) -> Attached:
    if one["upload"] is not None:
        return Attached(uploads.get(tx, user_id, one["upload"]).id, one["cid"])
    mailbox_id, uid = parse(one["message"])
    message = opened.open_message(tx, owner_of(tx, mailbox_id), mailbox_id, uid)
    return Attached(_from_part(tx, user_id, message, one["part"], limit).id, one["cid"])


def _from_part(tx: Session, user_id: int, message: opened.Opened, number: str, limit: int) -> Upload:
    part = opened.part_of(message, number)
    data, name, kind = opened.body_of(message, part), opened.name_of(part), opened.type_of(part)
    return uploads.put(tx, user_id, data, name=name, kind=kind, limit=limit, now=utcnow())


def _file(tx: Session, user_id: int, one: Attached) -> dict[str, object]:
    upload = uploads.get(tx, user_id, one.upload)
    return {"upload": upload.id, "name": upload.name, "type": upload.type, "size": upload.size, "cid": one.cid}

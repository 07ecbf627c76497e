"""Why a message was not taken, as the API says it."""

from __future__ import annotations

from mailnode.message.bounce_reasons import Reason


def reason_document(reason: Reason, language: str) -> dict[str, str]:
    """``language`` is zh or en."""
    return {"kind": reason.kind, "text": reason.chinese if language == "zh" else reason.english}

"""In which language the client is spoken to (RFC 6856 §3).

Replies are made in English; on their way out the sentence of the first line is looked up. Sentences with numbers are
found by what stands around the numbers. A sentence that nobody has translated stays English, which is no error.
"""

from __future__ import annotations

import re

from mailnode.errors import MailError
from mailnode.pop3.session import Session
from mailnode.proto import pop3
from mailnode.proto.pop3 import Command
from mailnode.sentences import CHINESE as REFUSALS
from mailnode.sentences import POP3_CHINESE

ENGLISH, CHINESE = "en", "zh"
NAMES = {ENGLISH: "English", CHINESE: "中文"}
CHANGED = {ENGLISH: "I speak English now", CHINESE: "现在使用中文"}
MOST = 200  # octets of a first line that may hold a sentence
_FIRST_LINE = re.compile(rb"(\+OK|-ERR(?: \[[^\]\r]*\])?) ([^\r\n]*)\r\n")
_NUMBER = re.compile(r"\d+")


async def lang(session: Session, command: Command) -> bytes:
    """LANG [language range]        RFC 6856 §3.2; a range that names more than a language, zh-CN, finds it too"""
    words = command.words
    if not words:
        return pop3.listing("Languages", (f"{tag} {name}" for tag, name in NAMES.items()))
    asked = words[0].decode("ascii", "replace").lower()
    tag = _preferred(session) if asked == "*" else asked.split("-")[0]
    if len(words) > 1 or tag not in NAMES:
        return pop3.err("There is no such language here")
    session.language = tag
    return pop3.ok(f"{tag} {CHANGED[tag]}")


def _preferred(session: Session) -> str:
    """What the user has chosen for the web client; of a stranger nothing is known, nor told (RFC 6856 §7)."""
    chosen = session.user.language if session.user is not None else ""
    return CHINESE if chosen.lower().startswith(CHINESE) else ENGLISH


def refusal(error: MailError, language: str) -> str:
    return REFUSALS.get(error.kind, error.public) if language == CHINESE else error.public


def in_chinese(reply: bytes) -> bytes:
    """The reply with its sentence in Chinese, where there is one."""
    found = _FIRST_LINE.match(reply, 0, MOST)
    if found is None:
        return reply
    text = found[2].decode("utf-8")
    numbers = iter(_NUMBER.findall(text))
    sentence = POP3_CHINESE.get(_NUMBER.sub("#", text))
    if sentence is None:
        return reply
    said = re.sub("#", lambda _: next(numbers), sentence)
    return b"%b %b\r\n%b" % (found[1], said.encode(), reply[found.end() :])

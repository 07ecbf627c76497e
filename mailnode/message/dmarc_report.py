"""Aggregate reports about DMARC: what others saw of mail that claims to come from a domain (RFC 9990 §3.1).

The XML is read as a stream into values of a few fields, so that its size bounds the work and nothing is built of it;
a document type, which could make a little XML much, is refused (RFC 9990 has none). Reports of the older form
(RFC 7489 Appendix C) have the same names for what is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from xml.parsers import expat

from mailnode.errors import ProtocolError

MAX_ROWS = 50_000
MAX_DEPTH = 12
MAX_NAME = 64  # characters kept of an element's name: the path is put together at every end
MAX_TEXT = 255  # characters kept of one value; an index of the database takes two of them
MAX_DKIM = 100  # signatures of one row
MAX_TIME = 1 << 33  # seconds since the epoch, so that every time is a date
MAX_COUNT = 1 << 32  # of one row, so that sums over many reports stay numbers of 64 bits
_RECORD = frozenset(
    {
        "row/source_ip",
        "row/count",
        "row/policy_evaluated/disposition",
        "row/policy_evaluated/dkim",
        "row/policy_evaluated/spf",
        "identifiers/header_from",
        "auth_results/dkim/domain",
        "auth_results/dkim/result",
        "auth_results/spf/domain",
        "auth_results/spf/result",
    }
)
_WHOLE = frozenset(
    {
        "report_metadata/org_name",
        "report_metadata/email",
        "report_metadata/report_id",
        "report_metadata/date_range/begin",
        "report_metadata/date_range/end",
        "policy_published/domain",
        "policy_published/p",
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """Messages of one client that were judged alike. ``dkim`` and ``spf``: whether they vouch for the author's domain;
    ``dkim_domains`` and ``spf_domain``: for whom they were valid."""

    client: str
    count: int
    disposition: str  # none, quarantine, reject
    dkim: str  # pass, fail
    spf: str
    author_domain: str
    dkim_domains: tuple[str, ...]
    spf_domain: str


@dataclass(frozen=True, slots=True)
class DmarcReport:
    """One report about ``domain``; ``begin`` and ``end`` in seconds since the epoch."""

    organisation: str
    contact: str
    report_id: str
    begin: int
    end: int
    domain: str
    policy: str
    rows: tuple[Row, ...]


def read(data: bytes) -> DmarcReport:
    """Raises ProtocolError for what is no such report."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ProtocolError(f"no report about DMARC: {error}") from error
    return reader.report()


def _refuse_doctype(*_arguments: object) -> None:
    raise ProtocolError("a report about DMARC has no document type")


class _Reader:
    """Takes values by their path below ``feedback``, without namespaces."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._text: list[str] = []
        self._size = 0
        self._values: dict[str, str] = {}
        self._record: dict[str, str] = {}
        self._dkim: list[tuple[str, str]] = []
        self._rows: list[Row] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._path.append(name.rpartition(":")[2][:MAX_NAME])
        self._text, self._size = [], 0
        if len(self._path) > MAX_DEPTH:
            raise ProtocolError("a report about DMARC that is nested too deep")
        if self._path == ["feedback", "record"]:
            self._record, self._dkim = {}, []

    def text(self, data: str) -> None:
        if self._size < MAX_TEXT:
            self._text.append(data)
            self._size += len(data)

    def end(self, _name: str) -> None:
        path, value = "/".join(self._path[1:]), "".join(self._text).strip()[:MAX_TEXT]
        if self._path[:1] == ["feedback"]:
            self._take(path, value)
        self._path.pop()
        self._text, self._size = [], 0

    def _take(self, path: str, value: str) -> None:
        if path == "record":
            self._rows.append(self._row())
            if len(self._rows) > MAX_ROWS:
                raise ProtocolError(f"a report about DMARC with more than {MAX_ROWS} rows")
        elif path == "record/auth_results/dkim":
            found = (self._record.pop("auth_results/dkim/domain", ""), self._record.pop("auth_results/dkim/result", ""))
            if len(self._dkim) < MAX_DKIM:
                self._dkim.append(found)
        elif (below := path.removeprefix("record/")) in _RECORD:
            self._record.setdefault(below, value)
        elif path in _WHOLE:
            self._values.setdefault(path, value)

    def _row(self) -> Row:
        value = self._record.get
        spf_passed = value("auth_results/spf/result", "").lower() == "pass"
        return Row(
            _address(value("row/source_ip", "")),
            _number(value("row/count", ""), "count", MAX_COUNT),
            _word(value("row/policy_evaluated/disposition", ""), ("none", "quarantine", "reject"), "none"),
            _word(value("row/policy_evaluated/dkim", ""), ("pass", "fail"), "fail"),
            _word(value("row/policy_evaluated/spf", ""), ("pass", "fail"), "fail"),
            value("identifiers/header_from", "").lower(),
            tuple(domain.lower() for domain, result in self._dkim if result.lower() == "pass"),
            value("auth_results/spf/domain", "").lower() if spf_passed else "",
        )

    def report(self) -> DmarcReport:
        def value(path: str) -> str:
            return self._values.get(path, "")

        domain = value("policy_published/domain").lower().rstrip(".")
        report_id = value("report_metadata/report_id")
        if not domain or not report_id:
            raise ProtocolError("no report about DMARC: it names no domain or has no id")
        return DmarcReport(
            value("report_metadata/org_name"),
            value("report_metadata/email"),
            report_id,
            _number(value("report_metadata/date_range/begin"), "begin", MAX_TIME),
            _number(value("report_metadata/date_range/end"), "end", MAX_TIME),
            domain,
            value("policy_published/p").lower(),
            tuple(self._rows),
        )


def _number(text: str, name: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) > most:
        raise ProtocolError(f"no report about DMARC: {name} is no number")
    return int(text)


def _address(text: str) -> str:
    try:
        return str(ip_address(text.partition("%")[0]))  # a zone has any length
    except ValueError:
        raise ProtocolError("no report about DMARC: a row has no address") from None


def _word(text: str, known: tuple[str, ...], default: str) -> str:
    return text.lower() if text.lower() in known else default

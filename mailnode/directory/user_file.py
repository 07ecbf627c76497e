"""Adding users from a CSV file: all or nothing, every fault named by its line.

Columns are ``address,password[,name,quota]``, in any order when the first row names them. The quota
is in bytes, or ends with K, M, G or T; empty is the domain's default.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mailnode.directory import domains, passwords, users
from mailnode.directory.addresses import normal, split
from mailnode.directory.users import NewPassword, new_password
from mailnode.errors import AddressTaken, BadImport, MailError, NoSuchDomain
from mailnode.proto.address import MAX_LOCAL

COLUMNS = ("address", "password", "name", "quota")
REQUIRED = 2
UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Row:
    """One user of the file; ``quota`` None is the domain's default."""

    line: int
    address: str
    password: str
    name: str
    quota: int | None


class _Faults:
    """Collects faults and raises them together."""

    def __init__(self) -> None:
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, cause: str) -> None:
        self._found.append((line, cause))

    def raise_any(self) -> None:
        if self._found:
            raise BadImport(tuple(sorted(self._found)))


def parse(content: bytes) -> list[Row]:
    """The rows, with what can be checked without the database checked. Raises BadImport."""
    faults = _Faults()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(content.count(b"\n", 0, error.start) + 1, "this is not UTF-8")
        faults.raise_any()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    seen: dict[str, int] = {}
    columns: Sequence[str] = COLUMNS
    first = True
    try:
        for cells in reader:
            named = [cell.strip().lower() for cell in cells]
            if first and "address" in named:
                columns = named
                _check_columns(columns, reader.line_num, faults)
            elif any(named):
                _read(cells, columns, reader.line_num, rows, seen, faults)
            first = False
    except csv.Error as error:
        faults.add(reader.line_num, f"this is not CSV: {error}")
    faults.raise_any()
    return rows


def _check_columns(columns: Sequence[str], line: int, faults: _Faults) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    missing = [name for name in COLUMNS[:REQUIRED] if name not in columns]
    if unknown or missing or len(set(columns)) != len(columns):
        faults.add(line, "the columns are address,password[,name,quota]")
        faults.raise_any()


def _read(
    cells: Sequence[str], columns: Sequence[str], line: int, rows: list[Row], seen: dict[str, int], faults: _Faults
) -> None:
    if not REQUIRED <= len(cells) <= len(columns):
        faults.add(line, f"there are {len(cells)} columns instead of {REQUIRED} to {len(columns)}")
        return
    cell = dict(zip(columns, cells, strict=False))
    try:
        address = normal(cell["address"].strip(), max_local=MAX_LOCAL)
        passwords.check_strength(cell["password"])
        row = Row(line, address, cell["password"], cell.get("name", "").strip(), _quota(cell.get("quota", "")))
    except (MailError, ValueError) as error:
        faults.add(line, str(error))
        return
    if address in seen:
        faults.add(line, f"{address} stands in line {seen[address]} already")
    seen.setdefault(address, line)
    rows.append(row)


def _quota(text: str) -> int | None:
    """Raises ValueError."""
    digits = text.strip().upper()
    if not digits:
        return None
    unit = digits[-1] if digits[-1] in UNITS else ""
    digits = digits.removesuffix(unit)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > MAX_DIGITS:
        raise ValueError(f"the quota {text!r} is not a number of bytes such as 1000000, 500M or 2G")
    return int(digits) * UNITS[unit]


def check(tx: Session, rows: Sequence[Row]) -> None:
    """What only the database knows: domains that are not here, addresses that are taken. Raises BadImport."""
    faults = _Faults()
    known: dict[str, str | None] = {}
    taken = users.taken_among(tx, [row.address for row in rows])
    for row in rows:
        name = split(row.address)[1]
        if name not in known:
            known[name] = _domain_fault(tx, name)
        cause = known[name] or (AddressTaken.public if row.address in taken else None)
        if cause:
            faults.add(row.line, f"{row.address}: {cause}")
    faults.raise_any()


def _domain_fault(tx: Session, name: str) -> str | None:
    try:
        return None if domains.domain(tx, name).alias_of_id is None else "the domain stands for another one"
    except NoSuchDomain as error:
        return error.public


def hash_all(rows: Sequence[Row], threads: int, progress: Callable[[int, int], None]) -> list[NewPassword]:
    """What is kept of every password, ``threads`` made at once; ``progress(done, total)`` is called in between."""
    all_made: list[NewPassword] = []
    with ThreadPoolExecutor(threads) as pool:
        for made in pool.map(lambda row: new_password(row.password), rows):
            all_made.append(made)
            progress(len(all_made), len(rows))
    return all_made


def load(tx: Session, rows: Sequence[Row], kept: Sequence[NewPassword]) -> list[int]:
    """Make all users; their ids in order. Raises BadImport, and then the caller rolls back."""
    check(tx, rows)
    faults = _Faults()
    made: list[int] = []
    for row, password in zip(rows, kept, strict=True):
        try:
            user = users.create_user(
                tx,
                row.address,
                password_hash=password.hash,
                scram_keys=password.scram_keys,
                display_name=row.name,
                quota_bytes=row.quota,
            )
            made.append(user.id)
        except MailError as error:
            faults.add(row.line, f"{row.address}: {error.public}")
    faults.raise_any()
    return made

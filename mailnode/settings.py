"""Every setting of the program: its name, its type, its default and what is allowed.

Values come from ``mailnode.toml`` (the path in ``MAILNODE_CONFIG``, else the working directory) and
above that from the environment, with the prefix ``MAILNODE_``. ``.env`` files are not read. A bad
value raises `BadSettings` with one sentence that names the variable.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from mailnode import strangers
from mailnode.findings import Action

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
RESTRICTIONS = (
    "permit_mynetworks",
    "permit_sasl_authenticated",
    "reject_invalid_hostname",
    "reject_non_fqdn_hostname",
    "reject_unknown_sender_domain",
    "reject_non_fqdn_sender",
    "reject_non_fqdn_recipient",
    "reject_unknown_recipient_domain",
    "reject_unauth_pipelining",
    "reject_unauth_destination",
)

PROXIED = ("smtp", "lmtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s")  # doors that speak PROXY


class BadSettings(Exception):
    """A setting cannot be used; ``str(error)`` names it and says what is allowed."""


@dataclass(frozen=True, slots=True)
class Listen:
    """One address to listen on. ``host`` is without brackets; port 0 takes any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Smarthost:
    """The host that takes all outgoing mail. ``tls`` is TLS from the start (``smtps://``)."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class FilterAt:
    """A content filter and where it listens: ``path`` of a Unix socket, or ``host`` and ``port``.

    ``timeout`` (seconds), ``size`` (octets above which it is not asked), ``on_failure`` and ``action`` (what becomes
    of what it calls bad) are its own where they are given, else those of the other settings.
    """

    kind: Literal["rspamd", "spamd", "clamd", "milter"]
    host: str = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    path: str = ""
    timeout: float | None = None
    size: int | None = None
    on_failure: Literal["open", "closed"] | None = None
    action: Literal["reject", "quarantine", "junk", "tag"] | None = None


def parse_listen(text: str) -> Listen:
    """``host:port`` or ``[::1]:port``; raises ValueError."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError(f"{text!r} is not host:port")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{text!r}: write an IPv6 address as [::1]:port")
    return Listen(host, int(port))


def _listens(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value.strip().lower() in ("off", ""):
        return ()
    return tuple(parse_listen(part) for part in value.split(","))


def _words(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    if not isinstance(value, list | tuple):
        raise ValueError("write words with spaces between them, or a list")
    return value


def _networks(value: Any) -> Any:
    return tuple(ipaddress.ip_network(part, strict=False) for part in _words(value))


def _rules(value: Any) -> Any:
    words = _words(value)
    for word in words:
        if word not in RESTRICTIONS:
            raise ValueError(f"{word!r} is no rule; there are {', '.join(RESTRICTIONS)}")
    return words


def _smarthost(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    url = urlsplit(value.strip())
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise ValueError("write smtp://host:port or smtps://user@host:port")
    port = url.port or (465 if url.scheme == "smtps" else 25)
    user, password = (unquote(part) if part else None for part in (url.username, url.password))
    return Smarthost(url.hostname, port, url.scheme == "smtps", user, password)


_FILTER = re.compile(
    r"(?P<kind>rspamd|spamd|clamd|milter)=(?:(?:unix|local):(?://)?(?P<path>/[^?\s]+)"
    r"|(?:http|tcp|inet6?):(?://)?(?:(?P<at>[0-9]+)@)?\[?(?P<host>[^][/?@\s]+?)\]?(?::(?P<port>[0-9]+))?/?)"
    r"(?:\?(?P<options>\S*))?"
)
_FILTER_PORTS = {"rspamd": 11333, "spamd": 783, "clamd": 3310, "milter": 8891}
_OPTION = TypeAdapter(dict[Literal["timeout", "size", "on_failure", "action"], str])


def parse_filter(text: str) -> FilterAt:
    """``kind=url``, options behind a question mark; a milter also by ``inet:port@host``. Raises ValueError."""
    match = _FILTER.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no filter: write rspamd=http://host:port, clamd=unix:///path, and so on")
    port = int(match["port"] or match["at"] or _FILTER_PORTS[match["kind"]])
    place = {"path": match["path"]} if match["path"] else {"host": match["host"], "port": port}
    try:
        options = dict(parse_qsl(match["options"] or "", keep_blank_values=True, strict_parsing=bool(match["options"])))
        return _FILTER_AT.validate_python({"kind": match["kind"], **place, **_OPTION.validate_python(options)})
    except ValueError as error:
        raise ValueError(
            f"{text!r}: its options are timeout, size, on_failure and action, its port below 65536"
        ) from error


_FILTER_AT = TypeAdapter(FilterAt)


def _filters(value: Any) -> Any:
    return tuple(parse_filter(word) for word in value.split()) if isinstance(value, str) else value


def _domains(value: Any) -> Any:
    """Names in lower case, with labels beyond ASCII in their ASCII form."""
    try:
        return tuple(word.strip(".").lower().encode("idna").decode("ascii") for word in _words(value))
    except (UnicodeError, AttributeError):  # the latter of a number in a list
        raise ValueError("write domains such as example.org") from None


def _door_names(value: Any) -> Any:
    words = _words(value)
    for word in words:
        if word not in PROXIED:
            raise ValueError(f"{word!r} is no door for a proxy; there are {', '.join(PROXIED)}")
    return words


Listens = Annotated[tuple[Listen, ...], NoDecode, BeforeValidator(_listens)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]
FilterList = Annotated[tuple[FilterAt, ...], NoDecode, BeforeValidator(_filters)]
DoorNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_door_names)]
Domains = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_domains)]
Rules = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_rules)]
StsMode = Literal["testing", "enforce", "none"]
Weights = Annotated[dict[str, Action | float], NoDecode, BeforeValidator(strangers.weights)]
DnsLists = Annotated[tuple[strangers.DnsList, ...], NoDecode, BeforeValidator(strangers.dns_lists)]
Rates = Annotated[tuple[strangers.Rate, ...], NoDecode, BeforeValidator(strangers.rates)]


def _listen(port: int) -> Any:
    return Field(default=(Listen("127.0.0.1", port),))


class Settings(BaseSettings):
    """All settings, checked. Build with `Settings.load`."""

    model_config = SettingsConfigDict(env_prefix="MAILNODE_", extra="forbid", frozen=True)

    data_dir: Path = Path("./data")
    database_url: str = ""
    blob_url: str = ""
    hostname: str = Field(default_factory=socket.getfqdn)

    listen_smtp: Listens = _listen(2525)
    listen_lmtp: Listens = ()
    listen_submission: Listens = _listen(1587)
    listen_submissions: Listens = _listen(1465)
    listen_imap: Listens = _listen(1143)
    listen_imaps: Listens = _listen(1993)
    listen_pop3: Listens = _listen(1110)
    listen_pop3s: Listens = _listen(1995)
    listen_managesieve: Listens = _listen(14190)
    listen_http: Listens = _listen(8080)
    listen_https: Listens = ()

    workers: int = Field(default_factory=lambda: len(os.sched_getaffinity(0)), ge=1, le=256)
    auth_without_tls: Literal["never", "loopback"] = "never"
    mynetworks: Networks = ()
    smarthost: Annotated[Smarthost | None, NoDecode, BeforeValidator(_smarthost)] = None
    nameservers: Words = ()
    dns_validates: Literal["auto", "yes", "no"] = "auto"
    relay_port: int = Field(default=25, ge=1, le=65535)
    sts_port: int = Field(default=443, ge=1, le=65535)
    sts_mode: StsMode = "testing"
    tlsrpt_send: bool = False
    dmarc_reports_send: bool = False
    feedback_fields: bool = True
    dkim_rotation_days: int = Field(default=180, ge=0)
    message_size_limit: int = Field(default=52_428_800, ge=1024)
    log_format: Literal["text", "json"] = Field(default_factory=lambda: "text" if sys.stderr.isatty() else "json")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_minimum: Literal["1.2", "1.3"] = "1.2"
    tls_ciphers: str = ""
    acme_directory: str = ""
    acme_contact: str = ""
    acme_names: Domains = ()
    acme_trusted: Path | None = None
    acme_eab_id: str = ""
    acme_eab_key: str = ""
    smtpd_banner: str = "ESMTP Mailnode"
    smtpd_restrictions: Rules = RESTRICTIONS
    recipient_limit: int = Field(default=1000, ge=100)  # RFC 5321 §4.5.3.1.8 asks for at least 100
    connections_per_address: int = Field(default=100, ge=1)
    connections_per_network: int = Field(default=400, ge=0)
    senderauth: bool = True
    dmarc_reject: bool = False
    checks: Weights = {}
    dns_lists: DnsLists = ()
    trusted_sealers: Words = ()
    tag_score: float = 5.0
    junk_score: float = 5.0
    quarantine_score: float | None = None
    reject_score: float | None = None
    quarantine_days: int = Field(default=30, ge=1)
    quarantine_size_limit: int = Field(default=1_073_741_824, ge=0)
    history_days: int = Field(default=30, ge=1)
    history_refused_days: int = Field(default=14, ge=1)
    greylist_score: float | None = 3.0
    greylist_delay: int = Field(default=60, ge=1)
    greeting_delay: float = Field(default=1.0, ge=0, le=30)
    error_delay: float = Field(default=1.0, ge=0, le=30)
    stranger_rates: Rates = strangers.rates(
        "client:connections=200/m client:messages=300/m client:recipients=3000/m "
        "network:messages=1000/m sender:messages=300/m"
    )
    filters: FilterList = ()
    filters_timeout: float = Field(default=30.0, gt=0)
    filters_on_failure: Literal["open", "closed"] = "open"
    filters_size_limit: int = Field(default=20_971_520, ge=0)
    trusted_proxies: Networks = ()
    proxy_protocol: DoorNames = ()
    xclient_networks: Networks = ()
    results_networks: Networks = ()
    relay_domains: Domains = ()
    relay_verify: bool = True
    ipv6: bool = True

    @property
    def dns_validated(self) -> bool | None:
        """For the resolver: whether its servers are believed; None: when they are on this machine."""
        return None if self.dns_validates == "auto" else self.dns_validates == "yes"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL, with the embedded default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'mailnode.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @classmethod
    def load(cls) -> Settings:
        """File, then environment. Raises BadSettings with one sentence."""
        named = os.environ.get("MAILNODE_CONFIG")
        path = Path(named or "mailnode.toml")
        values: dict[str, Any] = {}
        try:
            if named or path.exists():
                values = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls(**values)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadSettings(f"{path} cannot be read: {error}") from error
        except ValidationError as error:
            raise BadSettings(_sentence(error)) from error


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][:1])
    if first["type"] == "extra_forbidden":
        return f"There is no setting {name!r}; look at README.md for the names"
    return f"MAILNODE_{name.upper()} cannot be used: {first['msg'].removeprefix('Value error, ')}"

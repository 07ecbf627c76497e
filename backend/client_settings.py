"""What others ask the web process of a domain: mail client settings, the MTA-STS policy, proofs for certificates.

These addresses are fixed by those who ask (`zone.records` points them here), so they lie outside the
API. They tell nothing that the DNS does not tell, and know only our own domains.
"""

from __future__ import annotations

import re

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import NotFound

from backend.extensions import reading, settings
from backend.routes import body_bytes
from mailnode.acme import challenges
from mailnode.directory.addresses import normal_domain
from mailnode.errors import BadDomainName, NoSuchDomain
from mailnode.zone import client_settings
from mailnode.zone.plan import Plan, plan
from mailnode.zone.records import mta_sts_policy

bp = Blueprint("client_settings", __name__)
REQUEST_LIMIT = 16 * 1024  # bytes
_ADDRESS = re.compile(r"<(?:\w+:)?EMailAddress>\s*([^<>\s]{3,320})\s*<", re.I)


def install(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/.well-known/acme-challenge/<token>")
def acme_challenge(token: str) -> Response:
    """Asked by a certificate authority, of the host itself (RFC 8555 §8.3)."""
    answer = challenges.answer(reading(), token)
    if answer is None:
        raise NotFound
    return Response(answer, content_type="application/octet-stream", headers={"Cache-Control": "no-store"})


@bp.get("/mail/config-v1.1.xml")
@bp.get("/.well-known/autoconfig/mail/config-v1.1.xml")
def autoconfig() -> Response:
    """Asked as autoconfig.DOMAIN, or of DOMAIN itself, with ``?emailaddress=``."""
    address = request.args.get("emailaddress", "")
    domain = address.rpartition("@")[2] or _host().removeprefix("autoconfig.")
    return _xml(client_settings.autoconfig(_plan(domain)))


@bp.post("/autodiscover/autodiscover.xml")
@bp.post("/Autodiscover/Autodiscover.xml")
def autodiscover() -> Response:
    """Outlook posts a small XML document; only the address in it is looked at, by no XML parser."""
    found = _ADDRESS.search(body_bytes(REQUEST_LIMIT).decode("utf-8", "replace"))
    if found is None:
        raise NotFound
    address = found[1]
    return _xml(client_settings.autodiscover(_plan(address.rpartition("@")[2]), address))


@bp.get("/.well-known/mta-sts.txt")
def mta_sts() -> Response:
    """RFC 8461 §3.2: asked as mta-sts.DOMAIN."""
    host = _host()
    if not host.startswith("mta-sts."):
        raise NotFound
    return Response(mta_sts_policy(_plan(host.removeprefix("mta-sts."))), mimetype="text/plain")


def _host() -> str:
    return request.host.rpartition(":")[0].lower() if ":" in request.host else request.host.lower()


def _plan(domain: str) -> Plan:
    """Of one of our domains; anything else is not found here."""
    try:
        return plan(reading(), settings(), normal_domain(domain))
    except (BadDomainName, NoSuchDomain) as error:
        raise NotFound from error


def _xml(text: str) -> Response:
    response = Response(text, mimetype="text/xml")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

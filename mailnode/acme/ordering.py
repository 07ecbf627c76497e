"""One order with a certificate authority, from the account to the chain; takes seconds, on a thread of its own.

RFC 8555 §7.3 (account), §7.4 (order), §7.5 (authorisation), §8.3 (HTTP-01).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import josepy.errors
import requests
from acme import challenges, crypto_util, messages
from acme import errors as acme_errors
from acme.client import ClientV2
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from josepy.jwk import JWKRSA

from mailnode import certificates
from mailnode.acme.network import Network
from mailnode.acme.values import Authority, Issued, NotIssued
from mailnode.database import utcnow

PATIENCE = timedelta(minutes=3)  # for the authority to look and to sign
AGENT = "mailnode"
MAX_CHAIN = 10  # certificates; clients take some dozen kilobytes
MAX_PROOF = 200  # characters; a token has 43, and its proof as many more
MAX_WORDS = 500  # of an authority, in a log
# What the package raises for answers that are not as they should be, beside its own.
NONSENSE = (LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError)

Show = Callable[[Mapping[str, str]], None]


def order(authority: Authority, account: Path, name: str, show: Show, withdraw: Show) -> Issued:
    """A certificate for one host name. ``show`` publishes proofs, ``withdraw`` takes them back. Raises NotIssued.

    ``account`` is the file of the account's key, made when it is not there.
    """
    shown: dict[str, str] = {}
    try:
        client = _client(authority, account)
        key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        wanted = client.new_order(crypto_util.make_csr(key, [name]))
        asked = [_proof(client, one) for one in wanted.authorizations if one.body.status != messages.STATUS_VALID]
        shown = {token: answer for token, answer, _ in asked}
        show(shown)
        for _, _, (challenge, response) in asked:
            client.answer_challenge(challenge, response)
        # The package compares with a clock that has no zone.
        done = client.poll_and_finalize(wanted, datetime.now() + PATIENCE)
        return checked(Issued(done.fullchain_pem.encode("ascii"), key), name, utcnow())
    except (acme_errors.Error, messages.Error, josepy.errors.Error, requests.RequestException, ValueError) as error:
        raise NotIssued(_words(error)[:MAX_WORDS]) from error
    except NONSENSE as error:
        said = f"The authority's answer cannot be understood: {type(error).__name__}: {error}"
        raise NotIssued(said[:MAX_WORDS]) from error
    finally:
        if shown:
            withdraw(shown)


def checked(issued: Issued, name: str, now: datetime) -> Issued:
    """The chain and nothing else, where it can be shown to clients: else it must not take the place of one that can.
    Raises NotIssued."""
    try:
        found, *others = x509.load_pem_x509_certificates(issued.chain)
        key = serialization.load_pem_private_key(issued.key, None).public_key()
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        is_ours = found.public_key() == key
        chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (found, *others))
    except (ValueError, x509.InvalidVersion, x509.ExtensionNotFound, UnsupportedAlgorithm) as error:
        raise NotIssued(f"The authority's certificate cannot be read: {error}") from error
    if not is_ours or name.lower() not in (one.lower() for one in names.get_values_for_type(x509.DNSName)):
        raise NotIssued("The authority has sent a certificate for another key or another name")
    if found.not_valid_after_utc <= now:
        raise NotIssued("The authority has sent a certificate that has ended already")
    if len(others) >= MAX_CHAIN:
        raise NotIssued(f"The authority has sent a chain of {len(others) + 1} certificates")
    return replace(issued, chain=chain)


def _client(authority: Authority, account: Path) -> ClientV2:
    trusted = str(authority.trusted) if authority.trusted else True
    key = _account_key(account)
    net = Network(key, AGENT, trusted, 2 * PATIENCE.total_seconds())
    client = ClientV2(ClientV2.get_directory(authority.directory, net), net)
    wanted = messages.NewRegistration.from_data(
        email=authority.contact or None,
        external_account_binding=_binding(authority, client, key) if authority.eab_id else None,
        terms_of_service_agreed=True,
    )
    try:
        client.new_account(wanted)
    except acme_errors.ConflictError as known:  # RFC 8555 §7.3.1: the account of this key is there
        net.account = messages.RegistrationResource(body=messages.Registration(), uri=known.location)
    return client


def _binding(authority: Authority, client: ClientV2, key: JWKRSA) -> dict[str, Any]:
    """RFC 8555 §7.3.4"""
    return messages.ExternalAccountBinding.from_data(
        key.public_key(), authority.eab_id, authority.eab_key, client.directory
    )


def _account_key(path: Path) -> JWKRSA:
    with suppress(FileNotFoundError):
        return _read_key(path.read_bytes())
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificates.write(path, pem, 0o600)
    return _read_key(pem)


def _read_key(pem: bytes) -> JWKRSA:
    found = JWKRSA.load(pem)
    if not isinstance(found, JWKRSA):
        raise ValueError("The account's key is not an RSA key")
    return found


Answer = tuple[messages.ChallengeBody, challenges.HTTP01Response]


def _proof(client: ClientV2, asked: messages.AuthorizationResource) -> tuple[str, str, Answer]:
    """Token and key authorization of the challenge that a web server can answer. Raises ValueError for none."""
    for one in asked.body.challenges:
        if isinstance(one.chall, challenges.HTTP01):
            response, answer = one.chall.response_and_validation(client.net.key)
            if len(answer) > MAX_PROOF:
                raise ValueError("The authority wants a proof that is too long")
            return one.chall.encode("token"), answer, (one, response)
    raise ValueError("The authority takes no proof over HTTP for this name")


def _words(error: Exception) -> str:
    """A failed authorisation says what was wrong in its challenges only."""
    if isinstance(error, acme_errors.ValidationError):
        found = [str(one.error.detail) for each in error.failed_authzrs for one in each.body.challenges if one.error]
        return "; ".join(found) or "the authority could not see the proof"
    if isinstance(error, acme_errors.TimeoutError):
        return "the authority did not come to an end in time"
    return str(error) or type(error).__name__

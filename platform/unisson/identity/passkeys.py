"""Passkeys (W3C Web Authentication, level 3): registered by their owner, answered in place of a password or a code.

Each is asked to know its user (a finger, a face, a PIN), so that one alone is two factors: what somebody has, and what
they are or know. Nothing is asked of who made it (no attestation).
"""

import ipaddress
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.options_to_json import options_to_json
from webauthn.helpers.parse_authentication_credential_json import parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tenants.base import new_id
from tenants.errors import NotFoundError, RefusedError
from tenants.identities import Identity, Passkey
from unisson.identity import factors, spares
from unisson.identity.accounts import write_to
from unisson.identity.passwords import Keeper
from unisson.identity.sign_ins import Person
from unisson.web.i18n import lazy

MOST = 20
"""Passkeys of one person."""

ANSWER_CHARACTERS = 20_000
_TIMEOUT = 300_000  # milliseconds that the browser waits for the person
_FAULTS = (WebAuthnException, ValueError, TypeError, KeyError, RecursionError)
"""What a made-up answer may raise on its way through the library, JSON and base64."""

REFUSED = lazy("This passkey was not accepted. Nothing was changed. Try again, or use another way.")
KNOWN = lazy("This passkey is in your account already.")
ENOUGH = lazy("You have 20 passkeys. Remove one that you don't use any more.")
COPIED = lazy(
    "This passkey was used somewhere else meanwhile, as if there were a copy of it. It opens nothing any more: sign in"
    " another way, and remove it."
)

_VERIFIED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Site:
    """For whom passkeys are made (`rp_id`, a host name) and at which origin browsers answer."""

    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Answered:
    """Whose passkey answered, rightly. `is_copied` when it counts fewer uses than it did: then it opens nothing."""

    identity_id: uuid.UUID
    is_copied: bool


def site_of(base_url: str) -> Site | None:
    """Return the site of the product's own address; None where browsers allow no passkey: at an IP address."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Site(host, f"{parts.scheme}://{parts.netloc}") if host else None
    return None


def passkeys_of(session: Session, identity_id: uuid.UUID) -> Sequence[Passkey]:
    """Return somebody's passkeys, oldest first."""
    return session.scalars(
        select(Passkey).where(Passkey.identity_id == identity_id).order_by(Passkey.created_at, Passkey.id)
    ).all()


def has_one(session: Session, identity_id: uuid.UUID) -> bool:
    """Whether somebody has a passkey that opens anything."""
    usable = Passkey.copied_at.is_(None)
    return session.scalar(select(Passkey.id).where(Passkey.identity_id == identity_id, usable).limit(1)) is not None


def creation_options(session: Session, person: Person, site: Site, challenge: bytes) -> str:
    """Return what the browser needs to make a passkey, as JSON; devices that hold one already are left out."""
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=site.rp_id,
            rp_name="Unisson",
            user_id=person.id.bytes,
            user_name=person.email,
            user_display_name=person.name,
            challenge=challenge,
            timeout=_TIMEOUT,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            exclude_credentials=_known(session, person.id),
        )
    )


def request_options(session: Session, site: Site, challenge: bytes, identity_id: uuid.UUID | None = None) -> str:
    """Return what the browser needs to answer by a passkey, as JSON: one of somebody's, or whichever it holds."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=site.rp_id,
            challenge=challenge,
            timeout=_TIMEOUT,
            allow_credentials=_known(session, identity_id) if identity_id else None,
            user_verification=_VERIFIED,
        )
    )


def _known(session: Session, identity_id: uuid.UUID) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=each.credential_id, transports=[AuthenticatorTransport(name) for name in each.transports]
        )
        for each in passkeys_of(session, identity_id)
    ]


def register(
    session: Session, person: Person, site: Site, challenge: bytes, told: tuple[str, str], *, keeper: Keeper
) -> list[str]:
    """Keep a passkey, `told` being the browser's answer and its name; return recovery codes if it is the first factor.

    Raises RefusedError.
    """
    answer, name = told
    made = _made(answer, challenge, site)
    session.execute(select(Identity.id).where(Identity.id == person.id).with_for_update(key_share=True))
    count = session.scalar(select(func.count()).select_from(Passkey).where(Passkey.identity_id == person.id)) or 0
    if count >= MOST:
        raise RefusedError(ENOUGH)
    was_on = factors.is_on(session, person.id)
    row = {
        "id": new_id(), "identity_id": person.id, "name": name, "credential_id": made.credential_id,
        "public_key": made.credential_public_key, "sign_count": made.sign_count, "transports": _transports(answer),
        "is_synced": made.credential_backed_up,
    }  # fmt: skip
    kept = session.execute(insert(Passkey).values(row).on_conflict_do_nothing().returning(Passkey.id))
    if kept.first() is None:
        raise RefusedError(KNOWN)
    write_to(session, person.id, "passkey_added")
    return [] if was_on else spares.make(session, person.id, keeper)


def _made(answer: str, challenge: bytes, site: Site) -> Any:
    try:
        return webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _FAULTS:
        raise RefusedError(REFUSED) from None


def _read(answer: str) -> dict[str, Any]:
    """Return the browser's answer. Raises ValueError for what is none."""
    if len(answer) > ANSWER_CHARACTERS:
        raise ValueError("longer than any browser's")
    read = json.loads(answer)
    if not isinstance(read, dict):
        raise TypeError("not an object")
    return read


def _transports(answer: str) -> list[str]:
    """Return by what the device may be reached, as far as the browser says so in words of the standard."""
    response: Mapping[str, Any] = _read(answer).get("response", {})
    said = response.get("transports")
    known = {each.value for each in AuthenticatorTransport}
    return [each for each in dict.fromkeys(map(str, said)) if each in known] if isinstance(said, list) else []


def check(
    session: Session, site: Site, challenge: bytes, answer: str, identity_id: uuid.UUID | None = None
) -> Answered:
    """Return whose passkey signed `challenge` at our site; only one of `identity_id` counts, if it is given.

    One that counts fewer uses than it did (§6.1.1) is marked as copied, and its owner is told by mail. Raises
    RefusedError: one sentence, whatever is wrong.
    """
    try:
        key, passed = _verified(session, site, challenge, answer)
    except _FAULTS:
        raise RefusedError(REFUSED) from None
    if identity_id is not None and key.identity_id != identity_id:
        raise RefusedError(REFUSED)
    if (passed.new_sign_count or key.sign_count) and passed.new_sign_count <= key.sign_count:
        _stop(session, key)
        return Answered(key.identity_id, is_copied=True)
    used = {"sign_count": passed.new_sign_count, "is_synced": passed.credential_backed_up}
    session.execute(update(Passkey).where(Passkey.id == key.id).values(used | {"last_used_at": func.clock_timestamp()}))
    return Answered(key.identity_id, is_copied=False)


def _verified(session: Session, site: Site, challenge: bytes, answer: str) -> tuple[Passkey, Any]:
    """Return the passkey, held until the transaction ends, and what its answer says. Raises one of _FAULTS."""
    credential = parse_authentication_credential_json(_read(answer))
    wanted = (
        select(Passkey)
        .join(Identity, Identity.id == Passkey.identity_id)
        .where(Passkey.credential_id == credential.raw_id, Passkey.copied_at.is_(None), Identity.disabled_at.is_(None))
        .with_for_update(of=Passkey)
    )
    key = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if key is None:
        raise ValueError("nobody's")
    handle = credential.response.user_handle
    if handle is not None and handle != key.identity_id.bytes:
        raise ValueError("of another person")
    passed = webauthn.verify_authentication_response(
        credential=credential,
        expected_challenge=challenge,
        expected_rp_id=site.rp_id,
        expected_origin=site.origin,
        credential_public_key=key.public_key,
        credential_current_sign_count=0,  # compared by `check`, once the signature has shown whose count it is
        require_user_verification=True,
    )
    return key, passed


def _stop(session: Session, key: Passkey) -> None:
    key.copied_at = func.clock_timestamp()
    session.flush()
    write_to(session, key.identity_id, "passkey_copied")


def remove(session: Session, identity_id: uuid.UUID, passkey_id: uuid.UUID) -> None:
    """Forget one of somebody's passkeys. Raises NotFoundError."""
    gone = session.execute(
        delete(Passkey).where(Passkey.id == passkey_id, Passkey.identity_id == identity_id).returning(Passkey.id)
    )
    if gone.first() is None:
        raise NotFoundError
    factors.settle_spares(session, identity_id, "passkey_removed")

"""Recovery codes: ten spare ones for the day that the phone is lost, each good once.

Kept by Argon2id, as passwords are (OWASP ASVS 5.0 §6.5.2). The ten of a person share one salt, so that a try costs one
hash and not ten.
"""

import base64
import secrets
import uuid

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.identities import Identity, RecoveryCode
from unisson.identity.passwords import Keeper
from unisson.vault import token_hash

SPARE = 10
_BYTES = 10
_SALT_BYTES = 16


def make(session: Session, identity_id: uuid.UUID, keeper: Keeper) -> list[str]:
    """Return ten new recovery codes in place of those that there were. Of two clicks at once, one's codes count."""
    session.execute(select(Identity.id).where(Identity.id == identity_id).with_for_update(key_share=True))
    session.execute(delete(RecoveryCode).where(RecoveryCode.identity_id == identity_id))
    made = [base64.b32encode(secrets.token_bytes(_BYTES)).decode() for _ in range(SPARE)]
    salt = secrets.token_bytes(_SALT_BYTES)
    digests = [_digest(identity_id, code, salt, keeper) for code in made]
    session.add_all(RecoveryCode(id=new_id(), identity_id=identity_id, salt=salt, code_hash=each) for each in digests)
    session.flush()
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in made]


def spend(session: Session, identity_id: uuid.UUID, plain: str, keeper: Keeper) -> bool:
    """Count a recovery code, typed without its hyphens; return whether it was one that was not used."""
    mine = RecoveryCode.identity_id == identity_id
    salts = session.scalars(select(RecoveryCode.salt).where(mine).distinct()).all()
    digests = [_digest(identity_id, plain, salt, keeper) for salt in salts]
    used = session.execute(
        update(RecoveryCode)
        .where(mine, RecoveryCode.code_hash.in_(digests), RecoveryCode.used_at.is_(None))
        .values(used_at=func.clock_timestamp())
        .returning(RecoveryCode.id)
    )
    return used.first() is not None


def _digest(identity_id: uuid.UUID, code: str, salt: bytes | None, keeper: Keeper) -> bytes:
    """Return what is kept of a code; one from before there were salts is known by a plain digest of its 80 bits."""
    told = f"{identity_id}:{code}"
    return token_hash(told) if salt is None else keeper.digest(told, bytes(salt))

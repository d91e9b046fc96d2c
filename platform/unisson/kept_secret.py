"""The secrets of an installation that states none: made once, kept in its data folder."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from unisson.data_folder import foreign_name, is_foreign
from unisson.settings_rules import P256_ORDER, SECRET_MINIMUM, SettingError


def kept_secret(data_dir: Path) -> str:
    """Return the secret kept in the data folder, made on first use and readable by its owner alone."""
    return _kept(data_dir, "secret_key", lambda: secrets.token_hex(SECRET_MINIMUM))


def kept_push_key(data_dir: Path) -> str:
    """Return the private key for browsers' notifications that is kept likewise."""
    return _kept(data_dir, "push_key", new_push_key)


def new_push_key() -> str:
    """Return a fresh private key of the curve P-256, base64url without padding, as PUSH_PRIVATE_KEY takes it."""
    number = 1 + secrets.randbelow(P256_ORDER - 1)
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def _kept(data_dir: Path, name: str, make: Callable[[], str]) -> str:
    kept = data_dir / name
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        foreign = foreign_name(data_dir) if not kept.exists() else ""
        if foreign:
            raise SettingError("DATA_DIR", f"{is_foreign(foreign)}: name another folder.")
        fresh = data_dir / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        if not kept.exists():
            fresh.touch(mode=0o600, exist_ok=False)
            fresh.write_text(make())
            _keep_first(fresh, kept)
        return kept.read_text().strip()
    except OSError as error:
        raise SettingError("DATA_DIR", f"cannot be written to: {error.strerror}.") from error


def _keep_first(fresh: Path, kept: Path) -> None:
    """Give `fresh` its final name unless another process was quicker: all must end up with one secret."""
    try:
        kept.hardlink_to(fresh)
    except FileExistsError:
        return
    finally:
        fresh.unlink()

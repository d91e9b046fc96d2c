"""The secret of an installation that states none: made once, kept in its data folder."""

import os
import secrets
from pathlib import Path

from unisson.settings_rules import SECRET_MINIMUM, SettingError


def kept_secret(data_dir: Path) -> str:
    """Return the secret kept in the data folder, made on first use and readable by its owner alone."""
    kept = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh = data_dir / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        if not kept.exists():
            fresh.touch(mode=0o600, exist_ok=False)
            fresh.write_text(secrets.token_hex(SECRET_MINIMUM))
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

"""Addresses made of names."""

import re
import unicodedata

LONGEST = 40  # characters

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,48}")


def slug_of(name: str, otherwise: str) -> str:
    """Return `name` in lower-case ASCII letters, digits and hyphens; `otherwise` when nothing of it is left."""
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("æ", "ae")).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:LONGEST].strip("-")
    return slug if len(slug) > 1 else otherwise


def numbered(slug: str, number: int) -> str:
    """Return the `number`-th address of the same name: `atelier`, then `atelier-2`."""
    return slug if number == 1 else f"{slug}-{number}"

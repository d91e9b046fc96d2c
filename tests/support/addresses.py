"""The signed addresses that a page holds, read as the server reads them."""

import re
import time

from unisson.config import Settings
from unisson.media.addresses import Address, read

_ADDRESS = re.compile(r"/media/([A-Za-z0-9_.=-]+)")


def paths_in(page: str) -> list[str]:
    """The paths of the files that a page shows, in its order."""
    return [found[0] for found in _ADDRESS.finditer(page) if "." in found[1]]


def addresses_in(settings: Settings, page: str) -> list[Address]:
    return [read(settings.secret_key, path.removeprefix("/media/"), time.time()) for path in paths_in(page)]


def digests_in(settings: Settings, page: str) -> set[str]:
    """The digests of the files that a page shows."""
    return {address.digest for address in addresses_in(settings, page)}

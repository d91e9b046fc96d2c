"""A browser as the application's test client plays it."""

import secrets
from typing import Any

from flask.testing import FlaskClient


class Browser(FlaskClient):
    """A browser on HTTPS, at an address of its own, so that one test's tries do not count for another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = ".".join(["10", *(str(secrets.randbelow(250)) for _ in range(3))])

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", "https://localhost")
        kwargs.setdefault("environ_overrides", {"REMOTE_ADDR": self.address})
        return super().open(*args, **kwargs)

    def session_transaction(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", "https://localhost")
        return super().session_transaction(*args, **kwargs)

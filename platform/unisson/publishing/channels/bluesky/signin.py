"""Signed in at a data server: tokens from the vault, renewed once when the server calls them stale."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from unisson.outbound import OutboundError
from unisson.publishing.channels import reasons
from unisson.publishing.channels.bluesky.xrpc import DataServer, Stopped, XrpcRefused, outcome_before
from unisson.publishing.channels.port import Account, NotSent
from unisson.publishing.channels.reasons import with_detail

T = TypeVar("T")
KEPT = ("accessJwt", "refreshJwt", "did", "handle")


class SignedIn:
    """One account at its server, for the length of one publication."""

    def __init__(self, server: DataServer, account: Account) -> None:
        self._server = server
        self._account = account

    def tokens(self) -> Mapping[str, str]:
        """Return the tokens, signing in first if nobody has. Raises `Stopped`."""
        return self._account.tokens.current() or self._renewed(None)

    def call(self, send: Callable[[str], T]) -> T:
        """Return what `send(access token)` returns; once, when the token is stale, renew it and send again.

        A server that refuses the token has processed nothing, so this repeats nothing. Raises `Stopped` when the
        renewal fails, and what `send` raises.
        """
        tokens = self.tokens()
        try:
            return send(tokens["accessJwt"])
        except XrpcRefused as refusal:
            if not refusal.is_stale_token:
                raise
        return send(self._renewed(tokens)["accessJwt"])

    def _renewed(self, stale: Mapping[str, str] | None) -> Mapping[str, str]:
        try:
            return self._account.tokens.renew(stale, self._fetch)
        except (OutboundError, XrpcRefused) as failure:
            raise Stopped(outcome_before(failure)) from failure

    def _fetch(self, old: Mapping[str, str] | None) -> Mapping[str, str]:
        if old is not None:
            try:
                return _kept(self._server.tell("com.atproto.server.refreshSession", None, old["refreshJwt"]))
            except XrpcRefused as refusal:
                # A session that is over (months, or ended by its owner) is opened anew with the app password.
                if not refusal.is_stale_token and refusal.status != 401:
                    raise
        return open_session(self._server, self._account)


def open_session(server: DataServer, account: Account) -> Mapping[str, str]:
    """Sign in with the app password and return the tokens. Raises `OutboundError` and `XrpcRefused`."""
    who = {"identifier": account.settings["handle"], "password": account.secrets["app_password"]}
    return _kept(server.tell("com.atproto.server.createSession", who))


def _kept(said: Mapping[str, object]) -> Mapping[str, str]:
    tokens = {name: str(said.get(name) or "") for name in KEPT}
    if not (tokens["accessJwt"] and tokens["refreshJwt"] and tokens["did"]):
        raise Stopped(NotSent(with_detail(reasons.NOT_READY, "the server gave no session"), channel_down=True))
    return tokens

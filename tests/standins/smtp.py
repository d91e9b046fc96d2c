"""A mail server that goes wrong on demand; what it took is in an append-only file.

    python -m tests.standins.smtp --port 23025 --effects mail.jsonl

Faults of a message: `451-mail`, `550-rcpt`, `450-rcpt`, `554-data` and `451-data` (answers to the end of the message),
`421` (to MAIL), `drop-rcpt` (closed before DATA), `drop-data` (closed after the message, nothing taken), `lost` (taken,
then closed without an answer), `drip` (an answer without end). Addresses starting with `unknown@` are refused at RCPT.
"""

import argparse
import asyncio
import signal
import socket
import ssl
import threading
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.standins.effects import Effects
from tests.standins.faults import FaultPlan, refuse_unknown

FAULTS = (
    "ok",
    "451-mail",
    "421",
    "550-rcpt",
    "450-rcpt",
    "554-data",
    "451-data",
    "drop-rcpt",
    "drop-data",
    "lost",
    "drip",
)
CALL = "message"


class _Desk:
    """What aiosmtpd asks at each step."""

    def __init__(self, effects: Effects, plan: FaultPlan) -> None:
        self.effects = effects
        self.plan = plan
        self.sessions = 0

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        fault = self.plan.next(CALL, dice=True)
        setattr(session, "fault", fault)  # noqa: B010 - a session takes what one gives it, which its type does not say
        if fault == "451-mail":
            return "451 4.3.0 come back later"
        if fault == "421":
            return "421 4.3.2 closing"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        fault = getattr(session, "fault", "ok")
        if fault == "drop-rcpt":
            _cut(server)
        if fault == "550-rcpt" or address.startswith("unknown@"):
            return "550 5.1.1 no such user"
        if fault == "450-rcpt":
            return "450 4.2.0 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        fault = getattr(session, "fault", "ok")
        if fault == "554-data":
            return "554 5.6.0 refused"
        if fault == "451-data":
            return "451 4.3.0 not now"
        if fault == "drop-data":
            _cut(server)
            return "451 unheard"
        content = envelope.content or b""
        message = message_from_bytes(content if isinstance(content, bytes) else content.encode(), policy=default)
        self.effects.append(
            {
                "to": envelope.rcpt_tos,
                "from": envelope.mail_from,
                "message_id": str(message["Message-ID"]),
                "subject": str(message["Subject"]),
                "list_unsubscribe": str(message["List-Unsubscribe"]),
                "list_unsubscribe_post": str(message["List-Unsubscribe-Post"]),
                "size": len(content),
            }
        )
        if fault == "lost":
            _cut(server)
        if fault == "drip":
            await _drip(server)
        return "250 2.0.0 taken"


def _cut(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


async def _drip(server: SMTP) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and isinstance(server.transport, asyncio.WriteTransport):
        server.transport.write(b"2")
        await asyncio.sleep(0.05)


def _right_password(*said: object) -> AuthResult:
    return AuthResult(success=getattr(said[-1], "password", b"") == b"right", handled=False)


class StandInSmtp:
    """The server, on loopback, in a thread of its own. With `auth`, only the password `right` gets in."""

    def __init__(
        self,
        effects: Path,
        port: int = 0,
        plan: FaultPlan | None = None,
        *,
        auth: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.effects = Effects(effects)
        self.plan = plan or FaultPlan()
        self._desk = _Desk(self.effects, self.plan)
        self._auth = auth
        self._protocols: list[SMTP] = []
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="stand-in-smtp", daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        self._ready.wait(10)

    def _protocol(self) -> SMTP:
        protocol = SMTP(
            self._desk,
            hostname="stand-in.test",
            loop=self._loop,
            authenticator=_right_password if self._auth else None,
            auth_required=self._auth,
            auth_require_tls=False,
        )
        self._protocols.append(protocol)
        return protocol

    def _serve(self) -> None:
        start = self._loop.create_server(self._protocol, sock=self._listener, ssl=self._tls)
        server = self._loop.run_until_complete(start)
        self._loop.call_soon(self._ready.set)
        self._loop.run_forever()
        self._loop.run_until_complete(self._stop(server))
        self._loop.close()

    async def _stop(self, server: asyncio.Server) -> None:
        server.close()
        for protocol in self._protocols:
            _cut(protocol)
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0.01)  # the connections cut above close on the next turns

    def then(self, *faults: str) -> None:
        """Let the next messages go wrong like this, one fault each."""
        refuse_unknown(faults, FAULTS)
        self.plan.then(*faults, call=CALL)

    @property
    def sessions(self) -> int:
        """Return how many connections have said hello."""
        return self._desk.sessions

    def close(self) -> None:
        """Stop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self.effects.close()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="A mail server for tests, with faults.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--effects", type=Path, required=True)
    asked = parser.parse_args()
    server = StandInSmtp(asked.effects, asked.port)
    print("READY", server.port, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.close()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()

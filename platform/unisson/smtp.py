"""Handing mail to an SMTP server: kept connections, one attempt a message, and a clear answer for each way to fail."""

import contextlib
import heapq
import itertools
import os
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

from unisson.mail_port import Accepted, Deferred, Lost, MailResult, Rejected, SmtpServer, packed

SECONDS = 25.0
"""For everything that handing in one message takes, connection included."""
IDLE_SECONDS = 20.0
"""A kept connection older than this is closed: servers drop idle ones, many after 30 s."""
MESSAGES_A_CONNECTION = 100


class Watchdog:
    """Cuts connections at their deadline, with one thread: smtplib bounds each read, not a whole exchange."""

    def __init__(self) -> None:
        self._order = itertools.count()
        self._heap: list[tuple[float, int, socket.socket]] = []
        self._over: set[int] = set()
        self._changed = threading.Condition()
        self._pid = 0

    @contextlib.contextmanager
    def cutting(self, connection: socket.socket, at: float) -> Iterator[None]:
        """Cut `connection` when the monotonic clock reaches `at`, unless the block has ended."""
        with self._changed:
            self._started()
            number = next(self._order)
            heapq.heappush(self._heap, (at, number, connection))
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._over.add(number)

    def _started(self) -> None:
        if self._pid != os.getpid():
            self._heap, self._over, self._pid = [], set(), os.getpid()
            threading.Thread(target=self._watch, name="smtp-deadlines", daemon=True).start()

    def _watch(self) -> None:
        while True:
            with self._changed:
                while not self._heap or (self._heap[0][1] not in self._over and self._heap[0][0] > time.monotonic()):
                    self._changed.wait(self._heap[0][0] - time.monotonic() if self._heap else None)
                _, number, connection = heapq.heappop(self._heap)
                if number in self._over:
                    self._over.discard(number)
                    continue
                # Of the plain socket: the layer of TLS would wait for the other side to say goodbye.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)


@dataclass(slots=True)
class _Line:
    """A connection that has said hello, and signed in where needed."""

    smtp: smtplib.SMTP
    sent: int = 0
    used_at: float = field(default_factory=time.monotonic)


class _NotOpened(Exception):  # noqa: N818 - what it carries is a result
    def __init__(self, result: MailResult) -> None:
        super().__init__(str(result))
        self.result = result


class SmtpTransport:
    """Shared between threads; after a fork the child opens its own connections. Never sends a message twice."""

    def __init__(self, server: SmtpServer, seconds: float = SECONDS, hello: str = "") -> None:
        self._server = server
        self._seconds = seconds
        self._hello = hello or socket.gethostname()  # the full name would cost a look-up without a deadline
        self._watchdog = Watchdog()
        self._idle: list[_Line] = []
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        # The parent's locks may be held by threads that do not exist here, its connections by itself.
        self._lock = threading.Lock()
        self._watchdog = Watchdog()
        self._idle = []

    def send(self, message: EmailMessage, envelope_from: str, to: str) -> MailResult:
        """Try once, within the seconds of this transport."""
        until = time.monotonic() + self._seconds
        content = packed(message)
        try:
            line = self._line(until)
        except _NotOpened as failure:
            return failure.result
        connection = line.smtp.sock
        if connection is None:
            return Deferred("the connection was closed", down=True)
        with self._watchdog.cutting(connection, until):
            result = _hand_over(line.smtp, content, envelope_from, to)
        self._keep(line, result)
        return result

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            lines, self._idle = self._idle, []
        for line in lines:
            line.smtp.close()

    def _line(self, until: float) -> _Line:
        while True:
            with self._lock:
                line = self._idle.pop() if self._idle else None
            if line is None:
                return _Line(self._opened(until))
            # RSET proves that the other side is still there; no message has begun, so nothing is repeated.
            if time.monotonic() - line.used_at < IDLE_SECONDS and self._is_alive(line, until):
                return line
            line.smtp.close()

    def _is_alive(self, line: _Line, until: float) -> bool:
        connection = line.smtp.sock
        if connection is None:
            return False
        with self._watchdog.cutting(connection, min(until, time.monotonic() + 2)):
            try:
                return line.smtp.rset()[0] == 250
            except (smtplib.SMTPException, OSError):
                return False

    def _opened(self, until: float) -> smtplib.SMTP:
        try:
            connection = socket.create_connection(
                (self._server.host, self._server.port), timeout=max(until - time.monotonic(), 0.01)
            )
        except OSError as error:
            raise _NotOpened(Deferred(f"{type(error).__name__}: {error}", down=True)) from error
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(self._seconds)
        # A second handle on the connection: TLS takes the first one over.
        with connection.dup() as handle, self._watchdog.cutting(handle, until):
            try:
                return self._greeted(connection)
            except (smtplib.SMTPException, OSError) as error:
                raise _NotOpened(Deferred(_told(error), down=True)) from error

    def _greeted(self, connection: socket.socket) -> smtplib.SMTP:
        server = self._server
        if server.secure:
            connection = server.tls().wrap_socket(connection, server_hostname=server.host)
        smtp = _OnSocket(connection, self._hello, self._seconds)
        try:
            smtp.greet()
            if not server.secure and not server.is_here and smtp.has_extn("starttls"):
                smtp.starttls(context=server.tls())
                smtp.ehlo()
            _refuse_plain(smtp, server)
            if server.user:
                _sign_in(smtp, server)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _keep(self, line: _Line, result: MailResult) -> None:
        line.sent += 1
        line.used_at = time.monotonic()
        if isinstance(result, Lost) or line.smtp.sock is None or line.sent >= MESSAGES_A_CONNECTION:
            line.smtp.close()
            return
        with self._lock:
            self._idle.append(line)


class _OnSocket(smtplib.SMTP):
    """smtplib on a connection that is open already, so that its deadline can be watched from the first byte."""

    def __init__(self, connection: socket.socket, hello: str, seconds: float) -> None:
        super().__init__(local_hostname=hello, timeout=seconds)
        self.sock = connection

    def greet(self) -> None:
        """Read the greeting and say hello. Raises as smtplib does."""
        code, greeting = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, greeting)
        self.ehlo_or_helo_if_needed()


def _refuse_plain(smtp: smtplib.SMTP, server: SmtpServer) -> None:
    if not (server.is_here or server.may_be_plain or isinstance(smtp.sock, ssl.SSLSocket)):
        raise smtplib.SMTPNotSupportedError("the server offers no encryption (STARTTLS)")


def _sign_in(smtp: smtplib.SMTP, server: SmtpServer) -> None:
    if not server.is_here and not isinstance(smtp.sock, ssl.SSLSocket):
        raise smtplib.SMTPNotSupportedError("the server offers no encryption for the password")
    smtp.login(server.user, server.password)


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
    return f"{type(error).__name__}: {error}"


def _hand_over(smtp: smtplib.SMTP, content: bytes, envelope_from: str, to: str) -> MailResult:
    """Return what became of one message on an open connection."""
    steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
        lambda: smtp.mail(envelope_from),
        lambda: smtp.rcpt(to),
        lambda: smtp.docmd("DATA"),
    )
    try:
        for step in steps:
            code, said = step()
            if code not in {250, 251, 354}:
                return _refusal(code, said, smtp)
        smtp.send(_dotted(content))
    except (smtplib.SMTPException, OSError) as error:
        # The line that ends the message has not left: the server must throw away what it has (RFC 5321, 3.3).
        smtp.close()
        return Deferred(_told(error), down=True)
    return _end(smtp)


def _end(smtp: smtplib.SMTP) -> MailResult:
    try:
        smtp.send(b".\r\n")
        code, said = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        return Lost(_told(error))
    if code == 250:
        return Accepted(said.decode("utf-8", "replace"))
    if 400 <= code < 600:
        return _refusal(code, said, smtp)
    smtp.close()  # half an answer, or none of those there are
    return Lost(f"{code} {said.decode('utf-8', 'replace')}")


def _refusal(code: int, said: bytes, smtp: smtplib.SMTP) -> MailResult:
    reason = f"{code} {said.decode('utf-8', 'replace')}"
    if code == 421 or code < 400:
        smtp.close()  # 421: the server closes; an answer out of turn: the two sides have lost each other
    return Rejected(reason) if 500 <= code < 600 else Deferred(reason, down=code == 421)


def _dotted(content: bytes) -> bytes:
    """Return `content` with its leading dots doubled and a line end after its last line (RFC 5321, 4.5.2)."""
    body = content if content.endswith(b"\r\n") else content + b"\r\n"
    body = body.replace(b"\r\n.", b"\r\n..")
    return b"." + body if body.startswith(b".") else body

"""ClamAV's daemon, as far as INSTREAM goes (clamd(8)): it knows one signature, and goes wrong when told to."""

import socket
import struct
import threading
from pathlib import Path

EICAR = b"".join([b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE", b"!$H+H*"])
"""The file that every antivirus finds and that harms nothing (eicar.org)."""


class StandInClamd:
    """The daemon, on a socket of a folder. `answer` replaces the verdict; "" hangs up without one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clamd.ctl"
        self.answer: str | None = None
        self.looked_at = 0
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen(8)
        threading.Thread(target=self._serve, name="clamd", daemon=True).start()

    @property
    def address(self) -> str:
        return f"unix:{self.path}"

    def close(self) -> None:
        self._listener.close()
        self.path.unlink()

    def _serve(self) -> None:
        while True:
            try:
                connection, _from = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as sent:
                assert sent.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack("!L", sent.read(4))[0]:
                    content += sent.read(size)
                self.looked_at += 1
                verdict = "stream: Eicar-Test.UNOFFICIAL FOUND" if EICAR in content else "stream: OK"
                said = verdict if self.answer is None else self.answer
                if said:
                    connection.sendall(said.encode() + b"\0")

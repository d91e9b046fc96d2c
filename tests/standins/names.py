"""A DNS server on the loopback, over UDP: the zones of the whole world, as a test writes them."""

import contextlib
import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class StandInNames:
    """Answers from `texts` (name → TXT records) and `leads` (names that have an address, by a CNAME).

    A name that stands in neither does not exist. It may fall silent.
    """

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.leads: set[str] = set()
        self.asked: list[str] = []
        self.is_silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                wire, peer = self._socket.recvfrom(4096)
                answer = self._answer(dns.message.from_wire(wire))
                if not self.is_silent:
                    self._socket.sendto(answer.to_wire(), peer)

    def _answer(self, question: dns.message.Message) -> dns.message.Message:
        (asked,) = question.question
        name = asked.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(f"{kind} {name}")
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.AA
        if name in self.leads and kind == "A":
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "CNAME", "desk.unisson.example."))
            answer.answer.append(dns.rrset.from_text("desk.unisson.example.", 60, "IN", "A", "192.0.2.1"))
        elif name not in self.texts and name not in self.leads:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif kind == "TXT" and self.texts.get(name):
            # A text longer than 255 bytes travels in pieces (RFC 1035 §3.3.14); here every text does.
            pieces = [f'"{text[:20]}" "{text[20:]}"' for text in self.texts[name]]
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "TXT", *pieces))
        return answer

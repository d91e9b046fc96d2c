"""What the answers of a mail server mean to whoever wrote to a list, and what to do about each.

Enhanced codes (RFC 3463, RFC 7505, RFC 5248) say it best; without one the basic code does (RFC 5321, 4.2.3).
"""

import re
from collections.abc import Mapping

from unisson.publishing.channels.reasons import N_, lazy

NOBODY = N_("The mail server says that there is no mailbox under this address.")
NO_MAIL_THERE = N_("The domain of this address takes no mail.")
MAILBOX_CLOSED = N_("The mailbox of this address is closed or takes no mail now.")
MAILBOX_FULL = N_("The mailbox of this address is full.")
MAIL_TOO_LARGE = N_("The e-mail is larger than the mail server accepts.")
TAKEN_FOR_SPAM = N_("The mail server refuses this e-mail by its rules against unwanted mail.")
SENDER_REFUSED = N_("The mail server does not accept the address that this installation sends from.")
SIGN_IN_REFUSED = N_("The mail server does not accept the sign-in of this installation.")
NO_RELAY = N_("The mail server does not pass on e-mails of this installation.")
NOT_FOR_US = N_("The mail server takes no e-mail of ours for this address.")
SERVER_FULL = N_("The mail server has no room at the moment.")

BY_ENHANCED: Mapping[str, str] = {
    "1.1": NOBODY,
    "1.3": NOBODY,
    "1.6": NOBODY,
    "1.2": NO_MAIL_THERE,
    "1.10": NO_MAIL_THERE,
    "4.4": NO_MAIL_THERE,
    "1.7": SENDER_REFUSED,
    "1.8": SENDER_REFUSED,
    "2.1": MAILBOX_CLOSED,
    "2.2": MAILBOX_FULL,
    "2.3": MAIL_TOO_LARGE,
    "3.4": MAIL_TOO_LARGE,
    "3.1": SERVER_FULL,
    "7.8": SIGN_IN_REFUSED,
    "7.9": SIGN_IN_REFUSED,
    "7.0": TAKEN_FOR_SPAM,
    "7.1": TAKEN_FOR_SPAM,
    "7.20": TAKEN_FOR_SPAM,
    "7.23": TAKEN_FOR_SPAM,
    "7.25": TAKEN_FOR_SPAM,
    "7.26": TAKEN_FOR_SPAM,
}
"""Subject and detail of the code, whatever its class."""
BY_CODE: Mapping[str, str] = {
    "452": SERVER_FULL,
    "530": SIGN_IN_REFUSED,
    "534": SIGN_IN_REFUSED,
    "535": SIGN_IN_REFUSED,
    "550": NOT_FOR_US,
    "552": MAILBOX_FULL,
    "553": NOBODY,
    "556": NO_MAIL_THERE,
}
_ANSWER = re.compile(r"(?P<basic>[245]\d\d)[ -](?:(?P<class>[245])\.(?P<rest>\d{1,3}\.\d{1,3})\b)?")

_OTHER_ADDRESS = lazy("Ask the person for another address, put it on the list, and remove this one.")
_OPERATOR = lazy("Tell whoever runs Unisson: the mail server’s settings need their attention.")
ADVICE: Mapping[str, object] = {
    NOBODY: _OTHER_ADDRESS,
    NO_MAIL_THERE: _OTHER_ADDRESS,
    MAILBOX_CLOSED: _OTHER_ADDRESS,
    MAILBOX_FULL: lazy("Send it again in a few days, or reach the person by another way."),
    MAIL_TOO_LARGE: lazy("Use fewer or smaller images, and submit the content again."),
    TAKEN_FOR_SPAM: lazy(
        "Ask the person to allow our sender, or send it later. If many refuse, tell whoever runs Unisson."
    ),
    NOT_FOR_US: lazy("Check the address on the list. If it is right, the answer of the mail server may say why."),
    NO_RELAY: _OPERATOR,
    SENDER_REFUSED: _OPERATOR,
    SIGN_IN_REFUSED: _OPERATOR,
}


def meaning(answer: str, otherwise: str) -> str:
    """Return the sentence for a server's answer, its own msgid; `otherwise` where it says nothing that is known."""
    said = _ANSWER.match(answer)
    if said is None:
        return otherwise
    if "relay" in answer.lower() and said["rest"] in {None, "7.1", "7.0"}:
        return NO_RELAY
    return BY_ENHANCED.get(said["rest"] or "") or BY_CODE.get(said["basic"], otherwise)

"""Why an attempt did not end well, in sentences that the ledger keeps and the screen translates.

An adapter works far from any reader's language, so it stores the English sentence, which is its own msgid, and after
a line break what the channel said, for whoever looks into it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from unisson.web.i18n import _, lazy

__all__ = ["Told", "lazy", "told", "with_detail"]

DETAIL_LIMIT = 300
"""Characters of the channel's own words that are kept."""


def N_(sentence: str) -> str:  # noqa: N802 - the name under which gettext tools look for marked sentences
    """Mark `sentence` for translation and return it as it is."""
    return sentence


BUSY = N_("The channel is busy and asks us to wait.")
DOWN = N_("The channel could not be reached.")
NOT_READY = N_("Preparing the publication failed before anything was sent.")
OUT_OF_TIME = N_("There was no time left to send it safely.")
NO_ANSWER = N_("It was sent, but no clear answer came back.")
ALREADY_THERE = N_("The channel says that something already stands under this reference.")
REFUSED = N_("The channel refused it.")
FORBIDDEN_ADDRESS = N_("The address of the channel is not one we may connect to.")
ACCESS_LOST = N_("The channel no longer accepts our sign-in: connect it again.")
PICTURE_UNREADABLE = N_("An image could not be read from the media library.")
PICTURE_CHANGED = N_("An image is no longer the one that was approved.")
PICTURE_TOO_LARGE = N_("An image is too large for the channel.")
CANNOT_TELL = N_("The channel cannot tell whether it was published.")
OTHER_CONTENT = N_("Something else stands under this reference on the channel.")
NO_RECIPIENT = N_("There is nobody to send it to.")
BAD_RECIPIENT = N_("The address of this recipient cannot be written to.")
TOO_LONG = N_("The text is longer than the channel accepts.")
MAIL_UNREADABLE = N_("A sent e-mail cannot be looked up: ask the recipient, or decide.")


ACCOUNT_AGAIN = lazy("Check the handle and the server on the channel’s page, and connect the channel again.")
CHOOSE_IMAGE = lazy("Put a smaller image in and submit the content again.")
CHOOSE_IMAGE_FILE = lazy("Put the image in as JPEG or PNG and submit the content again.")
ONCE_MORE = lazy("Send it once more: nothing of it is out.")
SHORTEN = lazy("Shorten the text and submit the content again.")
ADVICE: Mapping[str, object] = {
    ACCESS_LOST: lazy("Connect the channel again on its page: what waits for it leaves then."),
    FORBIDDEN_ADDRESS: ACCOUNT_AGAIN,
    PICTURE_UNREADABLE: lazy("Try once more; if it fails again, put the image in anew and submit the content again."),
    PICTURE_CHANGED: lazy("Put the image in anew and submit the content again."),
    PICTURE_TOO_LARGE: CHOOSE_IMAGE,
    NO_RECIPIENT: lazy("Put people on the list, then send it once more."),
    BAD_RECIPIENT: lazy("Correct the address on the list, then send it once more."),
}
"""What to do about each, where it is more than to wait or to change what the channel objects to."""


def with_detail(sentence: str, detail: str = "") -> str:
    """Return the reason to store: `sentence`, and on a second line the channel's own words, shortened."""
    shown = " ".join(detail.split())[:DETAIL_LIMIT]
    return f"{sentence}\n{shown}" if shown else sentence


class Told(NamedTuple):
    """A stored reason: its translated sentence, and the channel's own words (in whatever language it has)."""

    sentence: str
    detail: str


def told(reason: str) -> Told:
    """Return a stored reason in the language being spoken."""
    sentence, _line, detail = reason.partition("\n")
    return Told(_(sentence), detail)

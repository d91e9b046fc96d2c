"""Why an attempt did not end well, in sentences that the ledger keeps and the screen translates.

An adapter works far from any reader's language, so it stores the English sentence, which is its own msgid, and after
a line break what the channel said, for whoever looks into it.
"""

from unisson.web.i18n import _, lazy

__all__ = ["in_words", "lazy", "with_detail"]

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
MAIL_UNREADABLE = N_("A sent e-mail cannot be looked up: ask the recipient, or decide.")


def with_detail(sentence: str, detail: str = "") -> str:
    """Return the reason to store: `sentence`, and on a second line the channel's own words, shortened."""
    shown = " ".join(detail.split())[:DETAIL_LIMIT]
    return f"{sentence}\n{shown}" if shown else sentence


def in_words(reason: str) -> str:
    """Return the translated sentence of a stored reason, with the channel's own words in brackets."""
    sentence, _line, detail = reason.partition("\n")
    translated = _(sentence)
    return f"{translated} ({detail})" if detail else translated

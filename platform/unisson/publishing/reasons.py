"""Why a publication waits or did not leave, for people: what happened, what was kept, what to do.

The ledger stores a code of ours (`verdicts`, `planning`, `resolution`) or a sentence of the channel's adapter.
"""

from dataclasses import dataclass

from unisson.publishing.channels import mail_answers, reasons
from unisson.publishing.channels.bluesky import refusals
from unisson.publishing.channels.reasons import Told, told
from unisson.publishing.models import PublicationState
from unisson.web.i18n import _, lazy


@dataclass(frozen=True, slots=True)
class Explanation:
    """Three sentences, translated as they are shown. `kept` and `advice` are empty where there is nothing to say.

    `detail` is what the channel said, word for word, for whoever looks into it.
    """

    happened: object
    kept: object = ""
    advice: object = ""
    detail: str = ""


KEPT = lazy("The text, the images and the approvals are kept.")

CODES: dict[str, Explanation] = {
    "late": Explanation(
        lazy("Its time had passed before it could leave, so it did not leave by itself."),
        KEPT,
        lazy("Send it now or at another time if it still makes sense, or leave it unsent."),
    ),
    "gate": Explanation(
        lazy("The database found that not everybody who must approve this version has done so. Nothing was sent."),
        KEPT,
        lazy("Open the content, check its decisions, and submit it again."),
    ),
    "unknown": Explanation(
        lazy("It was sent, but nobody can tell whether it arrived: no clear answer came, and it can't be looked up."),
        lazy("It was not sent a second time."),
        lazy("Look on the channel. If it stands there, give its address; if it does not, send it again."),
    ),
    "thread broken": Explanation(
        lazy("The thread is out in part: the channel refuses a post of it, or holds something else there."),
        lazy("What stands was not sent a second time."),
        lazy("Look on the channel. Sent again, it goes on at the first post that is missing; or give its address."),
    ),
    "thread late": Explanation(
        lazy("Its time had passed before all of the thread could leave: its first posts may be out."),
        lazy("What stands was not sent a second time."),
        lazy("Look on the channel. Sent again, it goes on at the first post that is missing; or give its address."),
    ),
    "restored": Explanation(
        lazy("It was to leave in a time that was lost and brought back from a backup: it may be out already."),
        KEPT,
        lazy("Look on the channel. If it stands there, give its address; if it does not, send it now."),
    ),
    "on_hold": Explanation(
        lazy("The content was on hold when its time came. Nothing was sent."),
        KEPT,
        lazy("Let the content go: it leaves at its time, or you are asked where that has passed."),
    ),
    "first late": Explanation(
        lazy("It follows another content of its topic, which is not out yet. It leaves once that is."),
        KEPT,
        lazy("Look at what it follows, or take it out of the order on the topic's page."),
    ),
    "first cancelled": Explanation(
        lazy("It follows another content of its topic, which was cancelled. Nothing was sent."),
        KEPT,
        lazy("Take it out of the order on the topic's page, then send it; or leave it unsent."),
    ),
    "rights ended": Explanation(
        lazy("The rights of one of its images had ended when its time came. Nothing was sent."),
        KEPT,
        lazy("Put another image in and submit the content again; or note longer rights in the library, then send it."),
    ),
    "unpaid": Explanation(
        lazy("The agency had been closed for want of payment for two weeks when its time came. Nothing was sent."),
        KEPT,
        lazy("Once the agency is paid for it is let go by itself; where its date has passed you are asked first."),
    ),
    "brand archived": Explanation(
        lazy("The brand was archived when its time came. Nothing was sent."),
        KEPT,
        lazy("Take the brand back, then send it; or leave it unsent."),
    ),
    "disconnected": Explanation(
        lazy("The channel was disconnected when its time came. Nothing was sent."),
        KEPT,
        lazy("Connect the channel again, then send it; or leave it unsent."),
    ),
    "mockup": Explanation(
        lazy("Its channel was a mock-up when its time came: there was no account that it could leave by."),
        KEPT,
        lazy(
            "Connect the channel, then send it now or at another time; or publish it by hand and give its address; or"
            " leave it unsent."
        ),
    ),
    "connected later": Explanation(
        lazy("Its time had passed when its channel, a mock-up until then, was connected. It did not leave by itself."),
        KEPT,
        lazy("Send it now or at another time if it still makes sense, or leave it unsent."),
    ),
    "superseded": Explanation(
        lazy("The content was changed or cancelled before this version left."),
        lazy("This version stays in the content's history."),
    ),
    "unsubscribed": Explanation(lazy("This person was removed from the list before the e-mail left.")),
    "given up": Explanation(lazy("Somebody of the team decided to leave it unsent.")),
    "paused": Explanation(
        lazy("The channel is left alone for a while after several failures. It is tried again by itself."),
        KEPT,
        lazy("Look at the channel if this lasts for more than a few minutes."),
    ),
    "too slow": Explanation(
        lazy("There was no time left to send it safely. Nothing was sent; it is tried again by itself."), KEPT
    ),
    "worker lost": Explanation(
        lazy("The program that was sending it stopped in the middle. The channel is being asked whether it arrived."),
        lazy("It is not sent a second time before that is known."),
    ),
    "read back: absent": Explanation(
        lazy("The channel was asked and does not have it. It is tried again by itself."), KEPT
    ),
}
_REFUSED = lazy("Change what the channel objects to and submit the content again, or try once more.")
_RETRIED = lazy("It is tried again by itself.")
_ASKED = lazy("It is not sent a second time before that is known.")
ADVICE = {**reasons.ADVICE, **refusals.ADVICE, **mail_answers.ADVICE}
"""What to do about a sentence of an adapter, where there is more to do than to wait or to change the content."""


def explain(reason: str | None, state: str) -> Explanation | None:
    """Return what to tell about a publication in `state`; None where nothing needs to be said."""
    if not reason:
        return None
    if reason in CODES:
        return CODES[reason]
    sentence, detail = told(reason)
    advice = ADVICE.get(reason.partition("\n")[0], "")
    if state in {PublicationState.HELD, PublicationState.FAILED}:
        return Explanation(sentence, KEPT, advice or _REFUSED, detail)
    return Explanation(sentence, _ASKED if state == PublicationState.UNKNOWN else _RETRIED, advice, detail)


def short(reason: str | None, state: str) -> str:
    """Return what happened, in one sentence; nothing where nothing needs to be said."""
    found = explain(reason, state)
    return str(found.happened) if found else ""


def channel_trouble(trouble: str | None) -> Told:
    """Return a channel's stored trouble: what it is, and what the channel itself said."""
    return told(trouble) if trouble else Told(_("It has not answered as expected."), "")


def what_to_do(trouble: str | None) -> object:
    """Return what to do about a channel's stored trouble; nothing where waiting is all there is."""
    return ADVICE.get((trouble or "").partition("\n")[0], "")

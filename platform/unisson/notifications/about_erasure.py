"""The words of the mails about one's own data. No link in them changes anything."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from unisson.notifications.words import Words, moment
from unisson.trust.telling import Told
from unisson.web.i18n import _


def about_erasure(about: Mapping[str, str], base_url: str) -> Words:
    """Return the words of one of them, in the language that is spoken."""
    told = Told(about["told"])
    if not about["agency"]:
        words = _of_account(told, about)
        if told is Told.DONE:
            return words
        return replace(words, action_label=_("My data"), action_url=f"{base_url}/me/data")
    return _in_agency(told, about)


def _until(about: Mapping[str, str]) -> str:
    return moment(datetime.fromisoformat(about["until"]), about["zone"]) if about["until"] else ""


def _what_stays() -> tuple[str, str]:
    return (
        _(
            "Erased are your name, your address, your roles and absences, your browsers and internet addresses, the"
            " links and codes that were sent to you."
        ),
        _(
            "What you decided about contents stays without your name, under a pseudonym, and so does what you wrote in"
            " comments: an agency must be able to show what was approved (GDPR, article 17(3)(e)). Backups made before"
            " are overwritten as they get old."
        ),
    )


def _in_agency(told: Told, about: Mapping[str, str]) -> Words:
    agency = about["agency"]
    if told is Told.ASKED:
        said = _("%(agency)s is to erase what it knows of you, in the night after %(until)s.", agency=agency,
                 until=_until(about))  # fmt: skip
        return Words(
            subject=_("Your data at %(agency)s are to be erased", agency=agency),
            heading=_("Your data are to be erased"),
            paragraphs=(said, *_what_stays()),
            after=(_("Did you not want that? Write to %(agency)s before then: it can still be taken back.",
                     agency=agency),),
        )  # fmt: skip
    if told is Told.KEPT:
        return Words(
            subject=_("Your data at %(agency)s stay", agency=agency),
            heading=_("Nothing is erased"),
            paragraphs=(
                _("%(agency)s took the erasure of your data back. Everything stays as it was.", agency=agency),
            ),
        )  # fmt: skip
    if told is Told.REFUSED:
        return Words(
            subject=_("Your data at %(agency)s are not erased yet", agency=agency),
            heading=_("Your data are not erased yet"),
            paragraphs=(_(
                "You are the only owner of %(agency)s, which needs one. It is tried again each night: make somebody"
                " else an owner there, and you are erased in the night after.", agency=agency),),
        )  # fmt: skip
    return Words(
        subject=_("Your data at %(agency)s are erased", agency=agency),
        heading=_("Your data are erased"),
        paragraphs=(
            _("%(agency)s has erased what it knew of you. You stand there as “%(pseudonym)s” from now on.",
              agency=agency, pseudonym=about["pseudonym"]),
            *_what_stays(),
        ),
        after=(_("This is the last message: your address is not kept to send another one."),),
    )  # fmt: skip


def _of_account(told: Told, about: Mapping[str, str]) -> Words:
    if told is Told.ASKED:
        return Words(
            subject=_("Your account is to be erased"),
            heading=_("Your account is to be erased"),
            paragraphs=(
                _("You asked to have your account erased, in every agency, in the night after %(until)s.",
                  until=_until(about)),
                *_what_stays(),
            ),
            after=(_("If it was not you, keep the account on that page, and change your password at once."),),
        )  # fmt: skip
    if told is Told.KEPT:
        return Words(
            subject=_("Your account stays as it is"),
            heading=_("Nothing is erased"),
            paragraphs=(_("You took the erasure of your account back. Everything stays as it was."),),
            after=(_("If it was not you, change your password at once."),),
        )
    if told is Told.REFUSED:
        return Words(
            subject=_("Your account is not erased yet"),
            heading=_("Your account is not erased yet"),
            paragraphs=(_(
                "You are the only owner of an agency, which needs one. It is tried again each night: make somebody else"
                " an owner there, and your account is erased in the night after."),),
        )  # fmt: skip
    return Words(
        subject=_("Your account is erased"),
        heading=_("Your account is erased"),
        paragraphs=(_("Your account is gone, and your name in every agency with it."), *_what_stays()),
        after=(_("This is the last message: your address is not kept to send another one."),),
    )

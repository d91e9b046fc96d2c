"""What personal data there are, why, and for how long: the one list that the pages show and the night goes by.

The register of processing of GDPR art. 30, as far as the software can know it. A kind with `over` is deleted once that
condition holds; the others end with what they belong to, which `ends` says.
"""

import enum
from dataclasses import dataclass

from unisson.web.i18n import lazy


class Basis(enum.StrEnum):
    """Why an agency may keep something (GDPR art. 6(1))."""

    CONTRACT = "contract"
    INTEREST = "interest"


BASES = {
    Basis.CONTRACT: lazy("contract (art. 6(1)(b))"),
    Basis.INTEREST: lazy("legitimate interest (art. 6(1)(f))"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of personal data. `over` is the condition, in SQL, under which a row of `table` is deleted at night."""

    name: object
    what: object
    why: object
    basis: Basis
    ends: object
    erased: object
    table: str = ""
    over: str = ""
    belongs_to_agency: bool = True


_GOES = lazy("deleted")
_PSEUDONYM = lazy("stays under a pseudonym")
_WITH_CONTENT = lazy("as long as the content it is about")
_WITH_PERSON = lazy("until the person is erased")

KINDS = (
    Kind(
        lazy("Account"),
        lazy(
            "Name, e-mail address, language, time zone, password as a hash, second step, accounts at agencies'"
            " providers"
        ),
        lazy("Signing in"), Basis.CONTRACT, lazy("until the person deletes their account"), _GOES,
    ),
    Kind(
        lazy("Browsers signed in"), lazy("Internet address, what the browser calls itself, first and last use"),
        lazy("Signing in, and noticing strangers"), Basis.INTEREST, lazy("6 months after they end"), _GOES,
        "sign_ins", "expires_at < clock_timestamp() - interval '6 months'", belongs_to_agency=False,
    ),
    Kind(
        lazy("Browsers with notifications"),
        lazy("Which browser, its address at its maker's push service and its keys (encrypted), last use"),
        lazy("Telling people what concerns them"), Basis.CONTRACT,
        lazy("until they are removed or signed out; 30 days after a sign-in is over"), _GOES,
        "push_browsers", "not exists (select from app.sign_ins s where s.id = k.sign_in_id and s.revoked_at is null"
        " and s.expires_at > clock_timestamp() - interval '30 days')", belongs_to_agency=False,
    ),
    Kind(
        lazy("Mails about the account"), lazy("Which mail, when it left"), lazy("Confirming addresses, new passwords"),
        Basis.CONTRACT, lazy("3 months"), _GOES,
        "identity_letters", "created_at < clock_timestamp() - interval '3 months'", belongs_to_agency=False,
    ),
    Kind(
        lazy("Mails about one’s own data"), lazy("To whom, what is told; encrypted"),
        lazy("Telling people what becomes of their data"), Basis.CONTRACT, lazy("until they left, two days at most"),
        _GOES,
    ),
    Kind(
        lazy("Accounts that are gone"), lazy("A number that leads to nothing any more"),
        lazy("Erasing them again after a backup was restored"), Basis.INTEREST, lazy("as long as the installation"),
        lazy("stays: nobody is known by it"),
    ),
    Kind(
        lazy("Second steps to be removed"), lazy("Of whom, who asked for it, when"),
        lazy("Letting people in again who lost their phone"), Basis.CONTRACT, lazy("7 days"), _GOES,
        "factor_resets", "expires_at < clock_timestamp()", belongs_to_agency=False,
    ),
    Kind(
        lazy("Members and clients’ people"), lazy("Name, e-mail address, language, roles, absences"),
        lazy("Working together, asking the right person"), Basis.CONTRACT, _WITH_PERSON, _PSEUDONYM,
    ),
    Kind(
        lazy("Decisions"), lazy("Who decided what about which version, when, name as typed, internet address, browser"),
        lazy("Proving what was approved"), Basis.INTEREST, _WITH_CONTENT,
        lazy("stay under a pseudonym, without address and browser"),
    ),
    Kind(
        lazy("What was opened"), lazy("Which client’s person had which content before them, in which hour"),
        lazy("Proving what was shown"), Basis.INTEREST, _WITH_CONTENT, _PSEUDONYM,
    ),
    Kind(
        lazy("The trail"), lazy("Who did what, when"), lazy("Accountability and security"), Basis.INTEREST,
        lazy("as long as the agency is here"), _PSEUDONYM,
    ),
    Kind(
        lazy("Comments and threads"), lazy("What people write to each other, their files"), lazy("Working together"),
        Basis.CONTRACT, _WITH_CONTENT, lazy("the words stay, under a pseudonym"),
    ),
    Kind(
        lazy("Mails about contents"), lazy("Which mail to whom, when it left, what went wrong"),
        lazy("Proving who was asked"), Basis.INTEREST, _WITH_CONTENT, _PSEUDONYM,
    ),
    Kind(
        lazy("Notifications"), lazy("What somebody was told of, when they read it"),
        lazy("Telling people what concerns them"),
        Basis.CONTRACT, lazy("12 months"), _GOES,
        "notices", "created_at < clock_timestamp() - interval '12 months'",
    ),
    Kind(
        lazy("Messages to rooms in chats"), lazy("Which fact to which room, the name of who did it"),
        lazy("Telling a team what concerns it"), Basis.CONTRACT, lazy("3 months"), _GOES,
        "hook_posts", "state <> 'waiting' and created_at < clock_timestamp() - interval '3 months'",
    ),
    Kind(
        lazy("Messages to browsers"), lazy("Which notification to which browser, when it left"),
        lazy("Telling nobody twice"), Basis.CONTRACT, lazy("3 months"), _GOES,
        "push_posts", "state <> 'waiting' and created_at < clock_timestamp() - interval '3 months'",
    ),
    Kind(
        lazy("Other mails"), lazy("Which mail to whom, when it left"), lazy("Looking into mail that did not arrive"),
        Basis.INTEREST, lazy("12 months"), _GOES,
        "letters", "state <> 'waiting' and content_id is null and created_at < clock_timestamp() - interval '12 months'"
        " and not exists (select from app.letter_contents c where c.agency_id = k.agency_id and c.letter_id = k.id)",
    ),
    Kind(
        lazy("Codes for a new browser"), lazy("That one was mailed and used"), lazy("Recognising a client’s person"),
        Basis.INTEREST, lazy("7 days"), _GOES, "device_codes", "created_at < clock_timestamp() - interval '7 days'",
    ),
    Kind(
        lazy("Browsers of clients’ people"), lazy("What the browser calls itself, name as typed"),
        lazy("Recognising a client’s person"), Basis.INTEREST,
        lazy("6 months after they end, unless a decision was made there"), _GOES,
        "link_devices", "least(expires_at, revoked_at) < clock_timestamp() - interval '6 months'"
        " and not exists (select from app.decisions d where d.agency_id = k.agency_id and d.device_id = k.id)",
    ),
    Kind(
        lazy("Requests to connect a channel"), lazy("Who asked whom for which, when it was given and withdrawn"),
        lazy("Knowing who gave which access"), Basis.INTEREST, lazy("as long as the brand is here"), _PSEUDONYM,
    ),
    Kind(
        lazy("Links of such requests"), lazy("When one was mailed, its secret as a hash"),
        lazy("Opening a client’s page"), Basis.INTEREST, lazy("6 months after they end"), _GOES,
        "channel_ask_links", "expires_at < clock_timestamp() - interval '6 months'",
    ),
    Kind(
        lazy("Numbers of forms"), lazy("That a form was carried out, so that it is not twice"),
        lazy("Doing nothing twice"), Basis.INTEREST, lazy("30 days"), _GOES,
        "operations", "at < clock_timestamp() - interval '30 days'",
    ),
    Kind(
        lazy("Tokens of programs"), lazy("What for, whose, what it may read, its last use, its secret as a hash"),
        lazy("Letting other programs read"), Basis.INTEREST, _WITH_PERSON, lazy("ended, and nameless"),
    ),
    Kind(
        lazy("Counts of tries"), lazy("How often a place or an account tried, under a hash"),
        lazy("Holding guessing back"), Basis.INTEREST, lazy("some hours, in memory"), lazy("gone by themselves"),
    ),
    Kind(
        lazy("Log of the processes"), lazy("Who came in or was refused, from where, by which page"),
        lazy("Noticing attacks and faults"), Basis.INTEREST, lazy("as long as whoever runs the installation keeps it"),
        lazy("not reached from here: whoever runs the installation sees to it"),
    ),
    Kind(
        lazy("Lists of addresses"), lazy("Name, e-mail address, since when, whether they unsubscribed"),
        lazy("Sending releases"), Basis.INTEREST, lazy("until they are taken off the list"),
        lazy("taken off list by list, on the channel’s page"),
    ),
)  # fmt: skip
"""In the order in which the page shows them."""

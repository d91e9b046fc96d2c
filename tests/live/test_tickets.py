import time
import uuid

from unisson.live.tickets import TICKET_SECONDS, Tickets

AGENCY, MEMBER, BRANDS = uuid.uuid4(), uuid.uuid4(), [uuid.uuid4() for _ in range(3)]
TICKETS = Tickets("a secret of one deployment " + "0" * 32)


def test_a_ticket_says_who_listens_to_which_brands():
    read = TICKETS.read(TICKETS.give(AGENCY, MEMBER, BRANDS), time.time())
    assert read is not None
    assert (read.agency_id, read.membership_id, read.brands) == (AGENCY, MEMBER, frozenset(BRANDS))
    assert TICKET_SECONDS - 2 < read.left <= TICKET_SECONDS


def test_nobody_without_a_brand_is_told_of_any():
    read = TICKETS.read(TICKETS.give(AGENCY, MEMBER, []), time.time())
    assert read is not None
    assert read.brands == frozenset()


def test_what_is_altered_or_anothers_or_over_opens_nothing():
    given = TICKETS.give(AGENCY, MEMBER, BRANDS)
    other = Tickets("the secret of another " + "1" * 32)
    assert other.read(given, time.time()) is None
    assert TICKETS.read(given, time.time() + TICKET_SECONDS + 1) is None
    for wrong in ("", "x", given[:-1], given.replace(given[3], "A" if given[3] != "A" else "B", 1)):
        assert TICKETS.read(wrong, time.time()) is None

"""An archived brand is on no page and lets nothing out; taken back, it is as it was."""

import pytest
from support.gate import plan_publication, try_attempt

from tenants.brands import Brand
from unisson.activity.models import Event
from unisson.publishing.ledger import look
from unisson.publishing.verdicts import stop


def test_archived_it_is_on_no_page_and_comes_back_as_it_was(desk):
    desk.speak_english()
    content_id = desk.in_state("client_turn")
    _link, token = desk.link(content_id)
    desk.known(token, "client_approver")
    ways = [desk.path(f"/approve/{token}"), f"/newsroom/{desk.world.slug}/marque/"]
    browser = desk.browser("client_approver")
    assert [browser.get(way, base_url="https://localhost").status_code for way in ways] == [200, 200]
    assert "1 planned content does not go out" in desk.get("owner", "/brands/marque/closing").text
    assert desk.post("account_manager", "/brands/marque/archive").status_code == 303
    told = desk.get("owner", "/brands/marque")
    assert told.status_code == 404
    assert f'href="{desk.path("/archived-brands")}"' in told.text
    assert "/archived-brands" not in desk.get("cm", "/brands/marque").text
    assert desk.get("cm", f"/contents/{content_id}").status_code == 404
    assert all(browser.get(way, base_url="https://localhost").status_code in {404, 410} for way in ways)
    assert "Marque" in desk.get("owner", "/archived-brands").text
    assert desk.post("owner", "/archived-brands/marque/return").status_code == 303
    assert desk.get("cm", f"/contents/{content_id}").status_code == 200
    assert desk.content(content_id).state == "in_review"


@pytest.mark.parametrize("role", ["cm", "rp", "client_approver"])
def test_only_who_sets_a_brand_up_closes_it(desk, role):
    for path in ("archive", "ending", "exports", "copies"):
        assert desk.post(role, f"/brands/marque/{path}").status_code == 403
    assert desk.post(role, "/archived-brands/marque/return").status_code == 403


def test_nothing_of_an_archived_brand_leaves(desk, worker):
    publication_id = plan_publication(desk, worker, desk.in_state("scheduled"))
    for archived, code, reason in ((False, None, None), (True, "UN022", "brand archived")):
        if archived:
            desk.post("owner", "/brands/marque/archive")
        assert try_attempt(desk, worker, publication_id) == code
        with worker.database.agency(desk.world.agency_id) as session:
            verdict = stop(look(session.connection(), publication_id), 900.0)
        assert (verdict.reason if verdict else None) == reason


def test_it_is_on_the_trail_once(desk):
    for _twice in range(2):
        desk.post("owner", "/brands/marque/archive")
    with desk.session() as session:
        brand = session.get_one(Brand, (desk.world.agency_id, desk.world.brand_id))
        assert brand.archived_at is not None
        verbs = [each.verb for each in session.query(Event).filter(Event.subject_id == brand.id)]
    assert verbs == ["brand.archived"]

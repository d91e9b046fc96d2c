"""A page about somebody is not taken for theirs: who is signed in stays whoever is."""

from support.desk import Desk


def test_the_owner_stays_the_owner_on_the_page_of_another_person_s_data(desk: Desk) -> None:
    them, me = desk.world.people["rp"], desk.world.people["owner"]
    page = desk.get("owner", f"/team/{them.membership_id}/data").text
    assert them.email in page
    foot = page.partition('class="sidebar-foot"')[2].partition("<main")[0]
    assert me.email in foot
    assert them.email not in foot


def test_the_brands_stay_in_the_bar_where_one_has_no_say_over_their_teams(desk: Desk) -> None:
    brand = f"/brands/{desk.world.brand_slug}"
    assert desk.path(brand) in desk.get("cm", f"/team/{desk.world.people['rp'].membership_id}").text

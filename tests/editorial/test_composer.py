"""Writing by the page: what is typed is stored, or comes back as it was typed."""

from support.desk import Desk, days_ahead


def typed(desk: Desk, **more: object) -> dict[str, object]:
    at = days_ahead()
    return {
        "kind": "post",
        "title": "La saison ouvre",
        "body": "Samedi à 10 h.",
        "channel_ids": [str(desk.world.newsroom_id)],
        "date": at.strftime("%Y-%m-%d"),
        "time": at.strftime("%H:%M"),
        **more,
    }


def test_it(desk: Desk) -> None:
    new = f"/brands/{desk.world.brand_slug}/contents/new"
    page = desk.get("cm", f"{new}?date=2030-05-06")
    assert page.status_code == 200
    assert 'value="2030-05-06"' in page.text
    assert 'value="10:00"' in page.text
    answer = desk.post("cm", new, typed(desk))
    assert answer.status_code == 303
    shown = desk.browser("cm").get(answer.location, base_url="https://localhost")
    assert shown.status_code == 200
    assert "La saison ouvre" in shown.text

"""What the browser is given, and what is refused at the door."""

import re

import pytest

from tenants.identities import Identity

PASSWORD = "gadoue-Lapin-74-orage"


def _cookies(answer) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


def test_the_one_cookie_is_locked_to_this_host(guest, letters, sign_up_form):
    typed = sign_up_form()
    answers = [guest.post("/sign-up", data=typed), guest.get("/sign-in")]
    answers.append(guest.post(f"/verification/{letters.token(typed['email'], 'verification')}"))
    answers.append(guest.post("/sign-out"))
    answers.append(guest.post("/sign-in", data={"email": typed["email"], "password": typed["password"]}))
    cookies = [cookie for answer in answers for cookie in _cookies(answer)]
    assert cookies
    for cookie in cookies:
        name, attributes = cookie.split("=", 1)[0], {part.strip() for part in cookie.split(";")[1:]}
        assert name == "__Host-unisson"
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes
        assert not any(part.startswith("Domain") for part in attributes)


def test_a_forged_remember_cookie_opens_nothing(guest, world):
    guest.set_cookie("remember_token", f"{world.people['owner'].token}|{'0' * 128}", domain="localhost")
    assert guest.get("/me").status_code == 303


PATHS = ("/sign-in", "/sign-up", "/sign-out", "/password-reset", "/password-reset/x", "/verification/x", "/me",
         "/me/password", "/me/sessions/revocation", "/me/verification", "/me/agencies/new")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_form_is_taken_without_its_token(csrf_guest, world, path):
    world.sign_in(csrf_guest, "cm")
    assert csrf_guest.post(path, data={"name": "x"}).status_code == 400
    assert csrf_guest.get("/me").status_code == 200  # still signed in, unchanged


def test_what_was_written_into_a_form_that_is_refused_is_handed_back(csrf_guest, world):
    world.sign_in(csrf_guest, "cm")
    written = {
        "name": "Lancement", "body": "Deux <b>lignes</b>\r\nà garder", "csrf_token": "Wrong one", "state": "in_review",
        "password": "granit embruns 47", "version": "3", "who": "018f3c1e-7a55-7c3e-9d7e-2f1d4a5b6c7d",
    }  # fmt: skip
    path = f"/{world.slug}/brands/{world.brand_slug}/contents/new"
    same = {"Sec-Fetch-Site": "same-origin"}
    answer = csrf_guest.post(path, data=written, headers=same)
    assert answer.status_code == 400
    handed = re.findall(r"<textarea[^>]*readonly[^>]*>\s*([^<]*)</textarea>", answer.text)
    assert handed == ["Lancement", "Deux &lt;b&gt;lignes&lt;/b&gt;\r\nà garder"]
    for elsewhere in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Referer": "https://elsewhere.example/"}):
        assert "Deux" not in csrf_guest.post(path, data=written, headers=elsewhere).text


def test_the_real_form_is_taken_with_its_token(csrf_guest, sign_up_form):
    page = csrf_guest.get("/sign-up").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = csrf_guest.post("/sign-up", data=sign_up_form(csrf_token=token[1]))
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Host": "localhost.evil.example"}, {"Host": "localhost@evil.example"}]
)
def test_another_host_is_not_answered_for(guest, headers):
    assert guest.get("/sign-in", headers=headers).status_code == 400


def test_a_forwarded_host_changes_no_link(guest):
    page = guest.get("/sign-in", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert page.status_code == 200
    assert b"evil.example" not in page.data
    answer = guest.get("/me", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.location.startswith("/sign-in")


def test_line_breaks_in_every_field_end_up_on_one_line(guest, sign_up_form, letters, runtime):
    typed = sign_up_form(agency="Atelier\r\nBcc: x@evil.example", name="Alix\r\nBcc: y@evil.example\x0bz")
    assert guest.post("/sign-up", data=typed).status_code == 303
    with runtime.database.everywhere() as session:
        name = session.query(Identity.name).filter(Identity.email == typed["email"]).scalar()
    assert name == "Alix Bcc: y@evil.example z" or ("\r" not in name and "\n" not in name)


@pytest.mark.parametrize("field", ["email", "password", "next"])
def test_line_breaks_reach_no_header(guest, world, field):
    typed = {"email": "x@example.org", "password": "y"} | {field: "x\r\nSet-Cookie: a=b"}
    answer = guest.post("/sign-in", data=typed)
    assert answer.status_code == 422
    assert not any("a=b" in cookie for cookie in _cookies(answer))


def test_a_user_agent_is_kept_short_and_shown_as_text(guest, letters, sign_up_form):
    typed = sign_up_form()
    guest.post("/sign-up", data=typed)
    agent = "<script>alert(1)</script>" + "x" * 2000
    token = letters.token(typed["email"], "verification")
    guest.post(f"/verification/{token}", headers={"User-Agent": agent})
    page = guest.get("/me/sessions")
    assert page.status_code == 200
    assert b"<script>alert" not in page.data


def test_an_unconfirmed_person_is_in_and_is_told(guest, sign_up_form):
    typed = sign_up_form()
    guest.post("/sign-up", data=typed)
    assert guest.post("/sign-in", data={"email": typed["email"], "password": typed["password"]}).status_code == 303
    page = guest.get(f"/{typed['slug']}/brands")
    assert page.status_code == 200
    assert b"/me/verification" in page.data
    invited = {"email": "new@example.org", "name": "New", "agency_role": "admin", "brand": "", "brand_role": "cm"}
    answer = guest.post(f"/{typed['slug']}/team/invitations", data=invited)
    assert answer.status_code == 422
    assert b"new@example.org" in answer.data


def test_a_person_opens_a_further_agency(guest, world, sign_up_form):
    world.sign_in(guest, "cm")
    assert guest.get("/sign-up").location == "/me/agencies/new"
    typed = sign_up_form()
    answer = guest.post("/me/agencies/new", data={key: typed[key] for key in ("agency", "slug", "language")})
    assert answer.location == f"/{typed['slug']}/brands"
    assert guest.get(answer.location).status_code == 200
    assert typed["agency"].encode() in guest.get("/").data

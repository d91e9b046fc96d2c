"""A small app that shows every sample of `components/_samples` with invented people, under the real headers."""

import secrets
from pathlib import Path
from types import SimpleNamespace as Thing
from typing import Any

from flask import Flask, Response, flash, render_template, request
from flask_babel import Babel, gettext, ngettext
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import BooleanField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from unisson.web import headers

CHECKOUT = Path(__file__).parents[2]
SAMPLES = CHECKOUT / "templates/components/_samples"
STATES = (
    "draft in_review changes_requested approved scheduled publishing published partly_published failed held cancelled"
)
ERRORS = (400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503)
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 450"><rect width="800" height="450" fill="#e9c9a4"/>'
    '<circle cx="560" cy="210" r="90" fill="#e0664a"/><path d="M0 450V300l200-90 180 120 220-70 200 110v80z" '
    'fill="#2f4858"/></svg>'
)
BRANDS = [
    Thing(name=name, slug=name.lower().replace(" ", "-"), accent=accent)
    for name, accent in (("Maison Duval", "coral"), ("Port de Nantes", "ocean"), ("Les Halles", "moss"))
]
ROWS = [
    ("Ouverture de la saison", "Maison Duval", "coral", "in_review", "mar. 14 oct. à 18 h 30"),
    ("Nouvelle ligne vers Belfast", "Port de Nantes", "ocean", "changes_requested", "mer. 15 oct. à 09 h 00"),
    ("Recette de la semaine", "Les Halles", "moss", "scheduled", "jeu. 16 oct. à 08 h 15"),
    ("Résultats du trimestre", "Port de Nantes", "ocean", "failed", "ven. 17 oct. à 11 h 00"),
]


class Sample(FlaskForm):
    """A form with one of each."""

    title = StringField("Title", [InputRequired("Give it a title.")])
    kind = SelectField("Kind", choices=[SelectChoice("post", "Post"), SelectChoice("release", "Press release")])
    agree = BooleanField("Also on the newsroom")

    class Meta:
        """Nothing is sent: no token is checked."""

        csrf = False


def _nav() -> list[Thing]:
    entries = (
        ("Calendar", "calendar", None),
        ("To approve", "circle-check", 3),
        ("Publications", "send", None),
        ("Brands", "building-2", None),
        ("Team", "users", None),
    )
    return [Thing(label=n, href=f"#{i}", icon=i, count=c, current=n == "Calendar") for n, i, c in entries]


def _day(index: int) -> Thing:
    number = (index - 3) % 31 + 1
    states = STATES.split()
    entries = [
        Thing(
            id=f"entry-{index}-{k}",
            time=f"{9 + 4 * k:02}:30",
            state=states[(index + k) % len(states)],
            accent=BRANDS[(index + k) % 3].accent,
            title=ROWS[(index + k) % 4][0],
            channel=("bluesky", "newsroom", "email")[(index + k) % 3],
            selected=index == 9 and k == 0,
        )
        for k in range((0, 2, 1, 0, 3, 0, 0, 1)[index % 8])
    ]
    return Thing(
        number=number,
        weekday=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[index % 7],
        label=f"Day {index}",
        date=f"2026-10-{number:02}",
        today=index == 16,
        other=index < 3 or index > 33,
        weekend=index % 7 > 4,
        note="All Saints’ Day" if index == 34 else None,
        entries=entries,
    )


def _samples() -> dict[str, Any]:
    return {
        "sample_rows": ROWS,
        "sample_states": STATES.split(),
        "sample_days": [_day(index) for index in range(35)],
        "sample_tabs": [
            Thing(label="Waiting", href="#w", current=True, count=3),
            Thing(label="Mine", href="#m", current=False, count=None),
            Thing(label="All", href="#a", current=False, count=128),
        ],
        "sample_chain": [
            Thing(label="Community manager", state="done", detail="Inès, Mon 12 Oct"),
            Thing(label="Press officer", state="current", detail="before Tue 18:00, Paris"),
            Thing(label="Client", state="waiting"),
        ],
        "sample_checklist": [
            Thing(label="Create the brand", done=True),
            Thing(label="Connect a channel", done=False, href="#", hint="Bluesky, newsroom or e-mail"),
            Thing(label="Invite the client", done=False),
        ],
    }


def _context() -> dict[str, Any]:
    return {
        "person": Thing(email_verified=True, name="Inès Caradec", email="ines@agence-loire.example"),
        "agency": Thing(name="Agence Loire", slug="agence-loire"),
        "agencies": [Thing(name="Agence Loire", slug="agence-loire"), Thing(name="Studio Ouest", slug="studio-ouest")],
        "brands": BRANDS,
        "brand": BRANDS[0],
        "nav_items": _nav(),
        "lang": "en",
        "feed_url": "/sample/feed",
        **_samples(),
    }


def _sample(name: str) -> str:
    if name == "work":
        flash("Saved as version 4.", "success")
        flash({"text": "Moved to Thursday.", "undo_url": "/sample/move", "undo_label": "Undo"}, "info")
    bound = Sample()
    bound.validate()
    return render_template(f"components/_samples/{name}.html", bound=bound, **_context())


def gallery() -> Flask:
    """Return the app; its pages are `/sample/<name>`, `/error/<status>` and `/`."""
    app = Flask(
        "look",
        root_path=str(CHECKOUT),
        template_folder=CHECKOUT / "templates",
        static_folder=CHECKOUT / "platform/unisson/static",
    )
    app.config.update(SECRET_KEY=secrets.token_hex(), WTF_CSRF_CHECK_DEFAULT=False)
    Babel(app, default_locale="en")
    CSRFProtect(app)
    headers.init_app(app, secure=False)
    app.jinja_env.globals.update(
        _=gettext,
        ngettext=ngettext,
        static=lambda path: f"/static/{path}?v=1",
        icon_sheet=lambda: "vendor/icons.svg",
        onboarding_is_under_way=lambda _brand: False,
        bell_count=lambda: None,
    )
    app.add_url_rule("/", view_func=lambda: render_template("home/front.html", lang="en"), endpoint="home")
    app.add_url_rule("/sample/<name>", view_func=_sample, endpoint="sample")
    app.add_url_rule("/sample/picture.svg", view_func=_picture)
    app.add_url_rule("/sample/sign-out", view_func=_move, methods=["POST"], endpoint="identity.sign_out")
    app.add_url_rule("/sample/move", view_func=_move, methods=["POST"])
    app.add_url_rule("/mail", view_func=_mail)
    app.add_url_rule("/error/<int:status>", view_func=_error, endpoint="error")
    return app


def _error(status: int) -> str:
    return render_template("errors/error.html", status=status, reference="4f1c9a20", back_url="/", lang="en")


def _move() -> tuple[dict[str, object], int]:
    if request.form["date"].endswith("14"):
        return {"message": "The 14th is under embargo."}, 422
    return {"version": 2}, 200


def _picture() -> Response:
    return Response(PICTURE, mimetype="image/svg+xml")


def _mail() -> Response:
    page = render_template(
        "components/_samples/mail.html",
        lang="en",
        brand=BRANDS[0],
        action_url="https://unisson.example/a/1",
        action_label="Look at it",
    )
    # A mail brings its style along; what a mail reader allows is not our pages' policy.
    return Response(page, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})

"""The page where a brand says how the links of its contents are tagged."""

import uuid
from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from werkzeug.wrappers import Response
from wtforms import BooleanField

from tenants.access import Actor
from tenants.base import new_id
from tenants.errors import RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.editorial.models_of_brand import LinkTagging
from unisson.editorial.tagging import MEDIUMS, SOURCES, Tagger, tagged_link, tagging_of
from unisson.web.db import session
from unisson.web.forms import LineField, VersionForm, one_line
from unisson.web.guards import actor, brand_card
from unisson.web.i18n import _, lazy
from unisson.web.operations import new_operation_id

MOST = 60
EXAMPLE = "https://www.example.org/"

LONG = lazy("A source, a medium or a campaign has 60 characters at most. Shorten it; nothing was saved.")
STALE = lazy("Somebody changed how links are tagged after you opened this. Compare, then save again.")
KINDS = {"newsroom": lazy("Newsroom"), "bluesky": lazy("Bluesky"), "email": lazy("E-mail")}

Answer = Response | tuple[str, int]


class TaggingForm(VersionForm):
    """How links are tagged. The sources are rows beside it (`source-…`)."""

    is_on = BooleanField(lazy("Tag the links of contents"))
    medium = LineField(lazy("Medium"))
    campaign = LineField(lazy("Campaign"))
    typed_sources: Mapping[str, str] = {}

    def read_sources(self) -> None:
        """Take the sources from the request; the usual one is not kept."""
        said = {kind: one_line(request.form.get(f"source-{kind}")) for kind in SOURCES}
        self.typed_sources = {kind: word for kind, word in said.items() if word and word != SOURCES[kind]}

    def show(self, kept: LinkTagging | None) -> None:
        """Fill the fields from what is stored."""
        self.version.data = str(kept.version if kept else 0)
        if kept is not None:
            self.is_on.data, self.medium.data, self.campaign.data = kept.is_on, kept.medium, kept.campaign
            self.typed_sources = dict(kept.sources)

    def tagger(self) -> Tagger:
        """Return what was typed."""
        return Tagger(bool(self.is_on.data), self.typed_sources, self.medium.data or "", self.campaign.data or "")


def set_tagging(
    session: TenantSession, actor: Actor, brand_id: uuid.UUID, wanted: Tagger, version_shown: int | None
) -> LinkTagging:
    """Return how the brand's links are tagged from now on; what was submitted stays as it was frozen.

    Raises ForbiddenError, RefusedError, StaleError when somebody changed it since `version_shown`.
    """
    actor.require(Permission.TOPIC_PLAN, brand_id)
    if any(len(each) > MOST for each in (wanted.medium, wanted.campaign, *(wanted.sources or {}).values())):
        raise RefusedError(LONG)
    mine = {"agency_id": session.agency_id, "id": new_id(), "brand_id": brand_id, "version": 0}
    session.execute(insert(LinkTagging).values(mine).on_conflict_do_nothing(index_elements=["agency_id", "brand_id"]))
    kept = session.scalars(
        select(LinkTagging)
        .where(LinkTagging.brand_id == brand_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if kept.version != version_shown:
        raise StaleError(STALE)
    kept.is_on, kept.sources = wanted.is_on, dict(wanted.sources or {})
    kept.medium, kept.campaign = wanted.medium, wanted.campaign
    kept.version += 1
    session.flush()
    record(session, actor, "brand.links_tagged", "brand", brand_id, brand_id=brand_id, on=wanted.is_on)
    return kept


def page(brand: str) -> Answer:
    """Show how a brand's links are tagged, or keep what is typed."""
    card = brand_card(brand)
    actor().require(Permission.TOPIC_PLAN, card.id)
    form = TaggingForm()
    if request.method == "GET":
        form.show(tagging_of(session(), card.id))
        return _shown(brand, form), 200
    form.read_sources()
    if not form.validate():
        return _shown(brand, form), 422
    try:
        with session().begin_nested():
            set_tagging(session(), actor(), card.id, form.tagger(), form.version_shown)
    except RefusedError as refusal:
        if isinstance(refusal, StaleError):
            kept = tagging_of(session(), card.id)
            form.version.data = str(kept.version if kept else 0)
        status = form.refuse(refusal)
        return _shown(brand, form), status
    flash(_("Saved."), "success")
    return redirect(url_for("agency.brand", brand=card.slug), 303)


def _shown(brand: str, form: TaggingForm) -> str:
    form.operation_id.data = new_operation_id()
    shown = form.tagger()
    campaign = shown.campaign or str(_("name-of-the-topic"))
    tags = Tagger(True, shown.sources, shown.medium, campaign).tags("bluesky")
    return render_template(
        "editorial/tagging.html", card=brand_card(brand), bound=form, kinds=KINDS, sources=SOURCES, mediums=MEDIUMS,
        example=tagged_link(EXAMPLE, tags),
    )  # fmt: skip

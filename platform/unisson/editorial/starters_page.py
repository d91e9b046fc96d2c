"""The page of a brand's templates: beginning a content from one, renaming one, putting one away."""

import uuid
from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.editorial import content_page
from unisson.editorial.forms import ContentForm
from unisson.editorial.models_of_brand import ContentTemplate
from unisson.editorial.starters import (
    archive_template,
    draft_from,
    load_template,
    rename_template,
    save_template,
    templates_of,
)
from unisson.web.db import session
from unisson.web.forms import one_line
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]


def page(brand: str) -> Answer:
    """Show a brand's templates."""
    card = brand_card(brand)
    actor().require(Permission.TOPIC_PLAN, card.id)
    return _shown(card)


def begin(form: ContentForm, card: BrandCard, typed: str | None) -> None:
    """Fill a new content's form from the brand's template of that id, if there is one in use; its date stays."""
    try:
        wanted = uuid.UUID(typed or "")
    except ValueError:
        return
    template = session().scalars(select(ContentTemplate).where(ContentTemplate.id == wanted)).one_or_none()
    if template is None or template.brand_id != card.id or template.archived_at is not None:
        return
    form.begin(draft_from(session(), template))


def saved(content_id: uuid.UUID) -> Answer:
    """Keep a content as a template, and say where it is."""
    name = one_line(request.form.get("template"))
    said = _("Saved as a template: new contents can begin from it.")
    return content_page.carried_out(
        content_id, lambda: save_template(session(), actor(), content_id, name), said, typed={"template": name}
    )


def renamed(template_id: uuid.UUID) -> Answer:
    """Give a template another name, which can be undone."""
    found = load_template(session(), actor(), template_id)
    typed: Mapping[str, str] = request.values  # the way back carries the former name in its address
    name, version = one_line(typed.get("name")), typed.get("version", "")
    try:
        with session().begin_nested():
            template, before = rename_template(session(), actor(), template_id, name, _number(version))
    except RefusedError as refusal:
        session().refresh(found)
        return _shown(brand_card_of(found.brand_id), found.id, name, refusal), refusal.status
    back = url_for("editorial.template_naming", template_id=template_id, name=before, version=template.version)
    return _told(template, _("The template is renamed."), back)


def archived(template_id: uuid.UUID) -> Answer:
    """Put a template away, which can be undone."""
    template = archive_template(session(), actor(), template_id)
    back = url_for("editorial.template_restoration", template_id=template_id)
    return _told(template, _("The template is put away: nothing begins from it any more."), back)


def restored(template_id: uuid.UUID) -> Answer:
    """Take a template back that was put away."""
    template = archive_template(session(), actor(), template_id, back=True)
    return _told(template, _("The template is in use again."))


def _told(template: ContentTemplate, text: str, undo_url: str | None = None) -> Response:
    flash({"text": text, "undo_url": undo_url}, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo
    return redirect(url_for("editorial.templates", brand=brand_card_of(template.brand_id).slug), 303)


def _shown(card: BrandCard, tried: uuid.UUID | None = None, name: str = "", refusal: RefusedError | None = None) -> str:
    return render_template(
        "editorial/templates.html",
        card=card,
        templates=templates_of(session(), card.id),
        archived=templates_of(session(), card.id, archived=True),
        tried=tried,
        typed=name,
        refusal=refusal,
        new_operation_id=new_operation_id,
    )


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None

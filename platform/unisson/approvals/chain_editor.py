"""Writing a chain: a form that works by mouse, by keyboard and without scripts, the chain in words, and a rehearsal."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.members import Membership
from tenants.permissions import Permission
from unisson.agency.team import know
from unisson.approvals import policies
from unisson.approvals.chain import Aspect, Chain, Late, Need, Reopening
from unisson.approvals.models import ApprovalPolicy, ApprovalRun, PolicyVersion, RunState
from unisson.approvals.offering import offer_for
from unisson.approvals.rehearsal import Rehearsal, rehearse
from unisson.approvals.samples import chosen_sample, contents_to_try
from unisson.approvals.starters import STARTERS
from unisson.approvals.telling import CHANNELS, Names, for_what, sentence, told_stage
from unisson.approvals.typed_chain import TypedChain, TypedStage, typed_from, typed_in
from unisson.approvals.vacancies import brand_roster, vacancies
from unisson.editorial.forms import KINDS, RISKS
from unisson.identity.addresses import canonical
from unisson.topics.planning import titles
from unisson.web.db import session, without_writing
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _, language, lazy
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]

NO_ADDRESS = lazy("This is not an e-mail address.")
NO_TEMPLATE_PERSON = lazy("A template names roles: it is used by several brands, whose people differ.")

ASPECTS = {
    Aspect.TEXT: lazy("Text"),
    Aspect.PICTURES: lazy("Images"),
    Aspect.CHANNELS: lazy("Channels"),
    Aspect.DATE: lazy("Date"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A typed chain in words: its sentence, what it is for, and its rehearsal; or what is wrong with it.

    `stages` are the words of each stage that can be read already, by its key.
    """

    sentence: str = ""
    for_what: str = ""
    fault: object = None
    rehearsal: Rehearsal | None = None
    stages: Mapping[str, str] = field(default_factory=dict)


def chain_new(brand: str) -> Answer:
    """Show a new chain to be written: empty, from one to start from, or a copy of another one."""
    card = _brand(brand)
    return _page(card, _begun(card.id)), 200


def chain_making(brand: str) -> Answer:
    """Keep a new chain."""
    return _posted(_brand(brand), None)


def chain_edit(policy_id: uuid.UUID) -> Answer:
    """Show a chain to be changed."""
    kept = policies.load_chain(session(), actor(), policy_id)
    card = brand_card_of(kept.policy.brand_id) if kept.policy.brand_id else None
    return _page(card, typed_from(kept.policy.name, kept.chain, kept.policy.version), kept.policy), 200


def chain_changing(policy_id: uuid.UUID) -> Answer:
    """Keep a chain as it is typed, from the next submission on."""
    kept = policies.load_chain(session(), actor(), policy_id)
    return _posted(brand_card_of(kept.policy.brand_id) if kept.policy.brand_id else None, kept.policy)


def chain_preview(brand: str) -> Answer:
    """Say what is typed in words, and try it on the chosen content; nothing is kept."""
    return _previewed(_brand(brand))


def template_preview() -> Answer:
    """Say in words what is typed of a template; nothing is kept."""
    actor().require(Permission.CHAIN_EDIT)
    return _previewed(None)


def _previewed(card: BrandCard | None) -> Answer:
    try:
        typed = typed_in(request.form)
    except RefusedError as refusal:
        told = Told(fault=refusal.sentence)
    else:
        told = _told(typed, card)
    zone = card.timezone if card else "UTC"
    return without_writing(render_template("approvals/_told.html", told=told, zone=zone, card=card))


def template_new() -> Answer:
    """Show a new template of the agency to be written."""
    actor().require(Permission.CHAIN_EDIT)
    return _page(None, _begun(None)), 200


def template_making() -> Answer:
    """Keep a new template."""
    actor().require(Permission.CHAIN_EDIT)
    return _posted(None, None)


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    for path, get, post in (
        ("/brands/<brand>/chains/new", chain_new, chain_making),
        ("/chains/<uuid:policy_id>/edit", chain_edit, chain_changing),
        ("/settings/chains/new", template_new, template_making),
    ):
        blueprint.add_url_rule(path, view_func=get, methods=["GET"])
        blueprint.add_url_rule(path, view_func=post, methods=["POST"])
    blueprint.add_url_rule("/brands/<brand>/chains/preview", view_func=chain_preview, methods=["POST"])
    blueprint.add_url_rule("/settings/chains/preview", view_func=template_preview, methods=["POST"])


def names_of(chains: Iterable[Chain]) -> Names:
    """Return the names of the persons whom chains name and who are still there, and the titles of their topics."""
    known = list(chains)
    people = {person for chain in known for person in chain.people()}
    rows = session().execute(
        select(Membership.id, Membership.name).where(Membership.id.in_(people), Membership.removed_at.is_(None))
    )
    about = {topic for chain in known for topic in chain.topics()}
    return {row[0]: row[1] for row in rows} | titles(session(), among=about)


def _brand(slug: str) -> BrandCard:
    card = brand_card(slug)
    actor().require(Permission.CHAIN_EDIT, card.id)
    return card


def _begun(brand_id: uuid.UUID | None) -> TypedChain:
    """Return what a new chain begins as: what `from` names, else one empty stage. Raises NotFoundError."""
    begin = request.args.get("from", "")
    if begin in STARTERS:
        titles, chain = STARTERS[begin]
        return typed_from(titles[language()], chain)
    if begin:
        try:
            kept = policies.load_chain(session(), actor(), uuid.UUID(begin))
        except ValueError:
            raise NotFoundError from None
        if kept.policy.brand_id not in {None, brand_id}:
            raise NotFoundError
        return typed_from(_("%(name)s (copy)", name=kept.policy.name)[:120], kept.chain)
    return TypedChain(stages=(TypedStage("s1"),))


def _posted(card: BrandCard | None, policy: ApprovalPolicy | None) -> Answer:
    try:
        typed = typed_in(request.form)
    except RefusedError as refusal:
        return _page(card, TypedChain(stages=(TypedStage("s1"),)), policy, refusal), refusal.status
    act = request.form.get("do", "save")
    if act != "save":
        return without_writing(_page(card, typed.rearranged(act), policy))
    try:
        with session().begin_nested():
            _keep(card, policy, typed)
    except StaleError as refusal:
        # Saved again, it takes the place of what the page now shows beside it.
        if policy is not None:
            session().refresh(policy)
            typed = replace(typed, version=str(policy.version))
        return _page(card, typed, policy, refusal), refusal.status
    except RefusedError as refusal:
        return _page(card, typed, policy, refusal), refusal.status
    flash(
        _("The chain is kept. It counts from the next submission on; what is under way goes on as it began."), "success"
    )
    return redirect(back(card), 303)


def back(card: BrandCard | None) -> str:
    """Return the page that lists the chains of a brand, or the agency's templates."""
    return url_for("approvals.chains", brand=card.slug) if card else url_for("approvals.templates")


def _keep(card: BrandCard | None, policy: ApprovalPolicy | None, typed: TypedChain) -> None:
    for stage in typed.stages:
        if stage.outside:
            typed = typed.with_person(stage.key, _outsider(card, stage))
    chain = typed.chain()
    if card is None and chain.people():
        raise RefusedError(NO_TEMPLATE_PERSON)
    if policy is None:
        new = policies.open_chain(session(), actor(), card.id if card else None, typed.name, chain)
        policies.place_by_reach(session(), actor(), card.id if card else None, new.id)
    else:
        policies.change_chain(session(), actor(), policy.id, typed.name, chain, version_shown=typed.version_shown)
    if card:
        warn_of_vacancies(card.id, typed.name, chain)


def warn_of_vacancies(brand_id: uuid.UUID, name: str, chain: Chain) -> None:
    """Say it on the next page where a chain that was just taken has a stage that nobody of the brand could answer."""
    if vacancies(chain, brand_roster(session(), brand_id, [chain])):
        flash(_("Nobody can answer a stage of “%(name)s” yet: see whom to invite.", name=name.strip()), "warning")


def _outsider(card: BrandCard | None, stage: TypedStage) -> uuid.UUID:
    where = f"{stage.key}-outside"
    if card is None:
        raise RefusedError(NO_TEMPLATE_PERSON, field=where)
    try:
        email = canonical(stage.outside)
    except ValueError:
        raise RefusedError(NO_ADDRESS, field=where) from None
    return know(session(), actor(), card.id, email=email, name=stage.outside_name or stage.outside).id


def _told(typed: TypedChain, card: BrandCard | None) -> Told:
    """Return a typed chain in words, with those it names by their address; what stands in the way of it, said once."""
    strangers: dict[uuid.UUID, str] = {}
    for stage in typed.stages:
        if stage.outside:
            strangers[known_as := uuid.uuid4()] = stage.outside_name or stage.outside
            typed = typed.with_person(stage.key, known_as)
    try:
        chain = replace(typed, name=typed.name or "-").chain()
    except RefusedError as refusal:
        words = _words(typed, {**names_of([Chain(tuple(typed.readable().values()))]), **strangers})
        return Told(fault=refusal.sentence, stages=words)
    names = {**names_of([chain]), **strangers}
    tried = _tried(chain, card, names, strangers) if card else None
    return Told(sentence(chain, names), for_what(chain.applies_to, names), rehearsal=tried, stages=_words(typed, names))


def _words(typed: TypedChain, names: Names) -> dict[str, str]:
    return {key: told_stage(stage, names) for key, stage in typed.readable().items()}


def _kept_now(policy: ApprovalPolicy) -> str:
    """Return the chain as somebody else left it, in words."""
    chain = policies.load_chain(session(), actor(), policy.id).chain
    return sentence(chain, names_of([chain]))


def _tried(chain: Chain, card: BrandCard, names: Names, strangers: Names) -> Rehearsal:
    brand = session().get_one(Brand, (session().agency_id, card.id))
    sample = chosen_sample(session(), card, request.values, chain.applies_to)
    return rehearse(session(), brand, chain, sample, names, strangers=strangers)


def _page(
    card: BrandCard | None,
    typed: TypedChain,
    policy: ApprovalPolicy | None = None,
    refusal: RefusedError | None = None,
) -> str:
    offer = offer_for(card.id if card else None, typed)
    return render_template(
        "approvals/chain_editor.html",
        card=card,
        policy=policy,
        typed=typed,
        told=_told(typed, card),
        kept=_kept_now(policy) if policy and isinstance(refusal, StaleError) else "",
        zone=card.timezone if card else "UTC",
        roles=offer.roles,
        people=offer.people,
        kinds=KINDS,
        risks=RISKS,
        channels=CHANNELS,
        aspects=ASPECTS,
        needs=Need,
        reopenings=Reopening,
        lates=Late,
        topics=[(str(key), title) for key, title in titles(session(), card.id).items()] if card else [],
        samples=contents_to_try(session(), card.id) if card else [],
        chosen=request.values.get("try", ""),
        added=request.form.get("do") == "add",
        opened=request.form.getlist("open"),
        under_way=_under_way(policy.id) if policy else 0,
        back=back(card),
        refusal=refusal,
        new_operation_id=new_operation_id,
    )


def _under_way(policy_id: uuid.UUID) -> int:
    """Return how many contents go through a version of the chain now."""
    wanted = (
        select(func.count())
        .select_from(ApprovalRun)
        .join(
            PolicyVersion,
            (PolicyVersion.agency_id == ApprovalRun.agency_id) & (PolicyVersion.id == ApprovalRun.policy_version_id),
        )
        .where(PolicyVersion.policy_id == policy_id, ApprovalRun.state == RunState.OPEN.value)
    )
    return session().scalar(wanted) or 0

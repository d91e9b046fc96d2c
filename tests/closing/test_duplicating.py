"""A copy begins with what is chosen of a brand, and never with what is the other client's."""

import pytest
from sqlalchemy import func, select

from tenants.brands import Brand
from tenants.members import BrandAssignment
from tenants.permissions import CLIENT_SIDE
from unisson.approvals.chain import Chain, Condition
from unisson.approvals.models import ApprovalLink
from unisson.approvals.policies import chains_of, open_chain
from unisson.approvals.starters import PLAIN, REPLY
from unisson.closing.duplicating import Part
from unisson.editorial.models import Content
from unisson.editorial.models_of_brand import ContentTemplate, LinkTagging
from unisson.publishing.models import Channel
from unisson.strategy.models import Strategy
from unisson.topics.models import Topic


@pytest.fixture
def full(desk):
    """The brand, with something of every part."""
    actor, by = desk.actor("owner"), desk.world.people["cm"].membership_id
    with desk.session() as session:
        brand = {"brand_id": desk.world.brand_id}
        topic = Topic(title="Salon", created_by=by, **brand)
        days = {"starts_on": "2027-01-01", "ends_on": "2027-12-31"}
        kept = Strategy(title="2027", tone="Sobre", banned=["leader"], created_by=by, **days, **brand)
        put_away = Strategy(title="2026", archived_at="2026-01-01", created_by=by, **days, **brand)
        template = ContentTemplate(name="Recette", draft={"kind": "post", "title": "R"}, created_by=by, **brand)
        tagging = LinkTagging(is_on=True, medium="social", **brand)
        channel = Channel(kind="bluesky", name="a.example", secret=b"x", tokens=b"y", **brand)
        session.add_all([topic, kept, put_away, template, tagging, channel])
        session.flush()
        open_chain(session, actor, desk.world.brand_id, "Réponse", REPLY)
        of_topic = Chain(stages=PLAIN.stages, applies_to=Condition(topics=(str(topic.id),)))
        open_chain(session, actor, desk.world.brand_id, "Salon", of_topic)
    content_id = desk.in_state("client_turn")
    desk.link(content_id)
    return desk


def copy(desk, *parts, name="Marque bis", role="owner"):
    return desk.post(role, "/brands/marque/copies", {"name": name, **{f"part-{part}": "y" for part in parts}})


def made(session):
    return session.scalars(select(Brand).where(Brand.name == "Marque bis")).one()


def test_a_whole_copy(full):
    answer = copy(full, *Part)
    assert (answer.status_code, answer.location) == (303, full.path("/brands/marque-bis"))
    with full.session() as session:
        brand = made(session)
        assert (brand.sector, brand.timezone, brand.logo_digest) == ("food", "Europe/Paris", None)
        assert [kept.policy.name for kept in chains_of(session, brand.id)] == ["RP puis client", "Réponse"]
        (strategy,) = session.scalars(select(Strategy).where(Strategy.brand_id == brand.id))
        assert (strategy.title, strategy.tone, strategy.banned, strategy.version) == ("2027", "Sobre", ["leader"], 1)
        assert session.scalars(select(ContentTemplate.name).where(ContentTemplate.brand_id == brand.id)).all() == [
            "Recette"
        ]
        assert session.scalars(select(LinkTagging.medium).where(LinkTagging.brand_id == brand.id)).all() == ["social"]
        roles = session.scalars(select(BrandAssignment.role).where(BrandAssignment.brand_id == brand.id)).all()
        assert len(roles) == 7
        for model in (Content, ApprovalLink):
            assert not session.scalar(select(func.count()).select_from(model).where(model.brand_id == brand.id))
        assert session.scalars(select(Channel.kind).where(Channel.brand_id == brand.id)).all() == ["newsroom"]
        assert not session.scalar(select(func.count()).select_from(Topic).where(Topic.brand_id == brand.id))


def test_only_what_is_chosen_is_copied(full):
    assert copy(full, Part.TEAM).status_code == 303
    with full.session() as session:
        brand = made(session)
        roles = set(session.scalars(select(BrandAssignment.role).where(BrandAssignment.brand_id == brand.id)))
        assert roles
        assert not roles & {role.value for role in CLIENT_SIDE}
        assert [kept.policy.name for kept in chains_of(session, brand.id)] == ["RP puis client"]
        assert not session.scalar(select(func.count()).select_from(Strategy).where(Strategy.brand_id == brand.id))


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_without_a_name_nothing_is_opened_and_the_form_is_kept(full, name):
    full.speak_english()
    answer = copy(full, Part.CLIENTS, name=name)
    assert answer.status_code == 422
    assert "Give the new brand a name" in answer.text
    assert 'name="part-clients" value="y" checked' in answer.text
    assert 'name="part-team" value="y" checked' not in answer.text
    with full.session() as session:
        assert session.scalar(select(func.count()).select_from(Brand)) == 2

"""The chains that a brand begins with, and that an agency copies: plain ones, each to be changed."""

import uuid

from tenants.permissions import StageRole
from tenants.session import TenantSession
from unisson.approvals.chain import Approver, Chain, Condition, Need, Stage
from unisson.approvals.policies import open_chain
from unisson.editorial.models import ContentKind, Risk


def _by(*roles: StageRole, name: str = "", **more: object) -> Stage:
    return Stage(approvers=tuple(Approver(role=role) for role in roles), name=name, **more)  # type: ignore[arg-type]  # a stage's own fields


_CLAIMS = (Risk.PRICE, Risk.CONTEST, Risk.PARTNER, Risk.HEALTH, Risk.LEGAL)
_R = StageRole

CRISIS = Chain(
    applies_to=Condition(risks=(Risk.CRISIS,)),
    stages=(
        Stage(
            approvers=(Approver(role=_R.ACCOUNT_MANAGER), Approver(role=_R.RP), Approver(role=_R.CLIENT_APPROVER)),
            need=Need.QUORUM,
            quorum=2,
            minutes=30,
            remind_minutes=10,
        ),
    ),
)
PRESS = Chain(
    applies_to=Condition(kinds=(ContentKind.PRESS_RELEASE,)),
    stages=(
        _by(_R.RP),
        _by(_R.CM),
        _by(_R.ACCOUNT_MANAGER),
        _by(_R.CLIENT_APPROVER, hours=18),
        _by(_R.SPOKESPERSON, only_if=Condition(risks=(Risk.QUOTE,)), hours=9),
        _by(_R.LEGAL, only_if=Condition(risks=_CLAIMS), hours=9),
        _by(_R.CLIENT_APPROVER, name="BAT", hours=4),
    ),
)
REPLY = Chain(
    applies_to=Condition(kinds=(ContentKind.REPLY,)),
    stages=(_by(_R.RP, _R.CM, _R.ACCOUNT_MANAGER, minutes=15),),
)
CLAIM = Chain(
    applies_to=Condition(risks=_CLAIMS),
    stages=(
        _by(_R.CM),
        _by(_R.ACCOUNT_MANAGER),
        _by(_R.CLIENT_APPROVER, _R.LEGAL, need=Need.ALL, hours=9),
    ),
    ask_once=True,
)
PLAIN = Chain(stages=(_by(_R.RP), _by(_R.CLIENT_APPROVER)))

STARTERS: dict[str, tuple[dict[str, str], Chain]] = {
    "crisis": ({"fr": "Crise : deux clés", "en": "Crisis: two keys"}, CRISIS),
    "press": ({"fr": "Communiqué de presse", "en": "Press release"}, PRESS),
    "reply": ({"fr": "Réponse rapide", "en": "Fast reply"}, REPLY),
    "claim": ({"fr": "Publication avec allégation", "en": "Post with a claim"}, CLAIM),
    "plain": ({"fr": "RP puis client", "en": "Press officer, then client"}, PLAIN),
}
"""Key → names by language, and the chain, in the order in which they are asked."""


def write_starters(
    session: TenantSession, brand_id: uuid.UUID, language: str, keys: tuple[str, ...] = ("plain",)
) -> None:
    """Give a new brand chains to start from: the plain one unless `keys` says otherwise."""
    for key in keys:
        names, chain = STARTERS[key]
        open_chain(session, None, brand_id, names[language], chain)

"""The page of a brand's strategy, to which its forms come back."""

from flask import render_template, request
from werkzeug.wrappers import Response

from tenants.brands import Brand
from tenants.errors import RefusedError
from unisson.calendars.period import today_in
from unisson.calendars.wording import day_names
from unisson.editorial.forms import RISKS
from unisson.strategy.forms import CHECKS, WEIGHTS
from unisson.strategy.reading import black_outs_of, shares, strategies_of, strategy_on
from unisson.strategy.rhythm import channels_of, rhythm_of
from unisson.web.db import session
from unisson.web.guards import BrandCard
from unisson.web.i18n import language
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]


def strategy_page(card: BrandCard, refusal: RefusedError | None = None) -> str:
    """Return the page of a brand's strategy; what was typed in a form of it is kept where it was refused."""
    today = today_in(card.timezone)
    current = strategy_on(session(), card.id, today)
    brand = session().read_once(Brand, card.id)
    return render_template(
        "strategy/strategy.html",
        card=card,
        current=current,
        shares=shares(session(), brand, current) if current else (),
        others=[each for each in strategies_of(session(), card.id) if current is None or each.id != current.id],
        archived=strategies_of(session(), card.id, archived=True),
        black_outs=black_outs_of(session(), card.id, today),
        rhythm=rhythm_of(session(), card.id),
        channels=channels_of(session(), card.id),
        day_names=day_names(language()),
        refusal=refusal,
        typed=request.form if refusal else {},
        checks=CHECKS,
        weights=WEIGHTS,
        risks=RISKS,
        new_operation_id=new_operation_id,
    )

"""What is missing of all brands: the account manager's page at ten brands and at a hundred, in a crowd of contents."""

from contextlib import ExitStack

from benchmarks.frame import Cluster, Result, Runner, environ, interleave, web
from benchmarks.load import Probe, fill
from benchmarks.views import asked

CROWD = 100_000
BRANDS = (10, 100)
FELT = 300.0
"""Milliseconds until which a page needs no word that it is on its way."""

_MORE = """
insert into app.brands (agency_id, id, slug, name, sector, timezone, language, accent)
select %(agency)s, uuidv7(), 'encore-' || n, 'Encore ' || n, 'food', 'Europe/Paris', 'fr', 'ink'
  from generate_series(1, %(more)s) n
"""
_THEIRS = """
insert into app.contents (agency_id, id, brand_id, author_id, kind, title, body, state, zone)
select b.agency_id, uuidv7(), b.id, m.id, 'post', 'Contenu ' || n, '', 'draft', 'Europe/Paris'
  from app.brands b join app.memberships m on m.agency_id = b.agency_id cross join generate_series(1, 400) n
 where b.agency_id = %(agency)s and b.slug like 'encore-%%'
"""


def measure(cluster: Cluster) -> list[Result]:
    """Return what the page costs at each number of brands, in milliseconds as one waits for it."""
    runners: list[tuple[int, Runner]] = []
    with ExitStack() as stack:
        for brands in BRANDS:
            settings = cluster.settings(f"brands_{brands}")
            admin = stack.enter_context(cluster.admin(f"brands_{brands}"))
            probe: Probe = fill(admin, settings, CROWD)
            for statement in (_MORE, _THEIRS):
                admin.execute(statement, {"agency": probe.agency_id, "more": brands - len(probe.brand_ids)})
            admin.execute("vacuum (analyze) app.contents, app.brands")
            real = stack.enter_context(web("unisson.app:create_app", environ(cluster, settings.database_url)))
            runners.append((brands, Runner(f"{brands} brands", real, asked(real, probe, "onboarding"), 24)))
        costs = interleave([runner for _brands, runner in runners], stack.enter_context(cluster.admin()))
    lines = []
    for brands, runner in runners:
        cost = costs[runner.name]
        said = f"{cost.web:.1f} ms web + {cost.postgres:.1f} ms PostgreSQL"
        lines.append(Result(f"brands: what is missing of {brands}", cost.wall, "ms", FELT, said))
    return lines

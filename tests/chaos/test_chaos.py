"""0 lost, 0 twice, 0 unapproved, 0 early – whatever is killed. The long form is `make chaos`."""

import os
import sys
from pathlib import Path

import pytest

from tests.chaos.harness import Plan, run

LONG = Plan(posts=10_000, mails=200, unapproved=200, edits=300, kills=50, spread=90.0, patience=900.0)


@pytest.mark.chaos
def test_nothing_is_lost_doubled_unapproved_or_early(tmp_path_factory: pytest.TempPathFactory) -> None:
    plan = LONG if os.environ.get("CHAOS") == "long" else Plan()
    folder = tmp_path_factory.mktemp("chaos")
    for parent in (folder, *folder.parents):
        if parent.owner() == folder.owner() and parent != Path("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o055)
        else:
            break
    report = run(folder, plan)
    sys.stdout.write(f"seed {plan.seed}: {report}\n")
    assert report.faults == []
    assert sum(report.kills.values()) >= plan.kills
    assert report.effects >= plan.posts * 0.9
    assert len(report.kills) >= 4

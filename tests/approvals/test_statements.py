"""How much a decision asks of the database: a handful of statements, however much was decided before."""

import uuid

from support.desk import Desk
from support.statements import recorded


def sent(desk: Desk, role: str, path: str, data: dict[str, object] | None = None) -> int:
    """The statements of a form that is carried out."""
    with recorded(desk.runtime) as seen:
        answer = desk.post(role, path, {"operation_id": str(uuid.uuid4()), **(data or {})})
    assert answer.status_code == 303
    return len(seen)


def decided(desk: Desk, role: str, content_id: uuid.UUID) -> int:
    digest, stage = desk.asked(content_id)
    return sent(desk, role, f"/contents/{content_id}/approval", {"digest": digest, "stage": stage})


def whole_run(desk: Desk) -> tuple[int, int, int]:
    """The statements of a submission, of the yes that opens the next stage, and of the last one."""
    content_id = desk.write()
    submitted = sent(desk, "cm", f"/contents/{content_id}/submission")
    return submitted, decided(desk, "rp", content_id), decided(desk, "client_approver", content_id)


def test_a_decision_asks_little_and_no_more_as_others_wait(desk: Desk) -> None:
    whole_run(desk)  # who signs in first is noted as seen
    first = whole_run(desk)
    assert all(found <= most for found, most in zip(first, (32, 20, 20), strict=True)), first
    for _ in range(3):
        desk.in_state("in_review")
        desk.in_state("client_turn")
    assert whole_run(desk) == first

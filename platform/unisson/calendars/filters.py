"""By what every view of the calendar is narrowed, as its address says it, and as a condition on contents.

The condition is made of named parameters, so that the same combination of filters is the same prepared statement
whatever it looks for.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, bindparam, func, literal_column, select

from tenants.members import BrandAssignment
from unisson.editorial.models import Content, ContentKind, ContentState
from unisson.topics.models import Pole
from unisson.topics.planning import ROLE

LONG_TAG, LONG_WORDS = 40, 100
NAMES = ("state", "kind", "channel", "topic", "who", "pole", "tag", "q")
"""What an address calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked for; "" and () narrow nothing."""

    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    channel: str = ""
    topic_id: uuid.UUID | None = None
    author_id: uuid.UUID | None = None
    pole: str = ""
    tag: str = ""
    words: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """Return it as the pairs of an address, in an order that is always the same."""
        singles = {
            "channel": self.channel, "topic": str(self.topic_id or ""), "who": str(self.author_id or ""),
            "pole": self.pole, "tag": self.tag, "q": self.words,
        }  # fmt: skip
        told = [("state", state) for state in self.states] + [("kind", kind) for kind in self.kinds]
        return told + [(name, value) for name, value in singles.items() if value]

    @property
    def shape(self) -> frozenset[str]:
        """Return by what it narrows, whatever the values."""
        return frozenset(name for name, _value in self.pairs())

    def parameters(self) -> dict[str, Any]:
        """Return the values of the parameters of `narrowed_by`, for the filters that are set."""
        values = {
            "state": " ".join(self.states), "kind": " ".join(self.kinds), "channel": self.channel, "tag": self.tag,
            "topic": self.topic_id, "who": self.author_id, "q": self.words,
            "pole": ROLE[Pole(self.pole)].value if self.pole else "",
        }  # fmt: skip
        return {f"filter_{name}": values[name] for name in self.shape}

    def without(self, name: str, value: str = "") -> Self:
        """Return the same without one of the filters (of several states or kinds: without that one)."""
        if name == "state":
            return replace(self, states=tuple(each for each in self.states if each != value))
        if name == "kind":
            return replace(self, kinds=tuple(each for each in self.kinds if each != value))
        empty: dict[str, Any] = {
            "channel": {"channel": ""}, "topic": {"topic_id": None}, "who": {"author_id": None},
            "pole": {"pole": ""}, "tag": {"tag": ""}, "q": {"words": ""},
        }  # fmt: skip
        return replace(self, **empty[name])


NONE = Filters()


def filters_from(typed: Any) -> dict[str, Any]:
    """Return what an address looks for, as the fields of Filters; what can't be read narrows nothing."""
    return {
        "states": _known(typed.getlist("state"), ContentState),
        "kinds": _known(typed.getlist("kind"), ContentKind),
        "channel": _plain(typed.get("channel"), LONG_TAG),
        "topic_id": uuid_or_none(typed.get("topic")),
        "author_id": uuid_or_none(typed.get("who")),
        "pole": pole if (pole := typed.get("pole", "")) in list(Pole) else "",
        "tag": _plain(typed.get("tag"), LONG_TAG).casefold()[:LONG_TAG],
        "words": _plain(typed.get("q"), LONG_WORDS),
    }


def narrowed_by(shape: Iterable[str]) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters that are set, on parameters `filter_…` and on `writable`.

    Topics, tags and poles are the agency's own: they narrow to the brands that one writes for.
    """
    return [_CONDITIONS[name] for name in NAMES if name in set(shape)]


def uuid_or_none(typed: object) -> uuid.UUID | None:
    """Return the id that was typed, if it is one."""
    try:
        return uuid.UUID(str(typed or ""))
    except ValueError:
        return None


def _known(typed: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """Return the values that are known, each once, in the product's order: one choice has one address."""
    given = set(typed)
    return tuple(str(name) for name in names if name in given)


def _plain(typed: object, longest: int) -> str:
    return " ".join(str(typed or "").replace("\0", "").split())[:longest].strip()


def _value(name: str, type_: Any = Text) -> Any:
    return bindparam(f"filter_{name}", type_=type_)


def _among(column: Any, name: str) -> ColumnElement[bool]:
    result: ColumnElement[bool] = column == any_(func.string_to_array(_value(name), literal_column("' '")))
    return result


_mine = Content.brand_id == any_(bindparam("writable", type_=ARRAY(Uuid)))
_of_pole = (
    select(BrandAssignment.id)
    .where(
        BrandAssignment.agency_id == Content.agency_id,
        BrandAssignment.membership_id == Content.author_id,
        BrandAssignment.brand_id == Content.brand_id,
        BrandAssignment.role == _value("pole"),
    )
    .exists()
)
_said = func.lower(func.concat(Content.title, func.chr(literal_column("10")), Content.body))
_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "state": _among(Content.state, "state"),
    "kind": _among(Content.kind, "kind"),
    "channel": _value("channel") == any_(func.string_to_array(Content.channel_kinds, literal_column("' '"))),
    "topic": (Content.topic_id == _value("topic", Uuid)) & _mine,
    "who": Content.author_id == _value("who", Uuid),
    "pole": _of_pole & _mine,
    "tag": func.jsonb_exists(Content.tags, _value("tag")) & _mine,
    "q": func.strpos(_said, func.lower(_value("q"))) > literal_column("0"),
}

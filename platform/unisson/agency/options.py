"""What a list offers."""

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs of WTForms


def option(value: object, label: Any = None, group: str | None = None) -> Any:
    """Return one entry of a list; its label is its value unless one is given."""
    return SelectChoice(str(value), label, optgroup=group)


def options(names: Mapping[Any, Any], keys: Iterable[Any] = ()) -> list[Any]:
    """Return an entry for each named thing, or for those of `keys` in that order."""
    return [option(key, names[key]) for key in keys or names]

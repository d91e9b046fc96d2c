"""The translations: `--update` brings new messages into them, `--check` fails on what is missing or badly set."""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

CHECKOUT = Path(__file__).resolve().parent.parent
LANGUAGES = ("fr",)  # messages are written in English
DOMAIN = "unisson"
SOURCES = ("platform/unisson", "tenants", "workers", "templates")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.xml", "jinja2")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "N_": None,
    "lazy": None,
    "lazy_gettext": None,
    "_n": (1, 2),
    "said": (2,),
    "ngettext": (1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%")
TAG = re.compile(r"<[^>]*>|&\w+;|\w+://\S+")
SPACE = "\u00a0\u202f"
LONE_SIGN = re.compile(rf"(?<=[^{SPACE};?!:(])[;?!:]+(?=[\s»)\].,…”]|$)")
LONE_QUOTE = re.compile(rf"«(?![{SPACE}])|(?<![{SPACE}])»")
ELIDED = re.compile(rf"\b(?:[Dd]e|[Qq]ue|[Jj]usque|[Pp]uisque|[Ll]orsque)[ {SPACE}]%\((\w+)\)s")
COUNTS = frozenset({"num", "brands", "year"})
"""What stands in figures, before which no vowel is left out; a name may begin with one: « de Inès »."""


def main(arguments: list[str]) -> int:
    """Return 0 if the translations are (or were brought) in order; 1 after a line for each fault."""
    parser = argparse.ArgumentParser(prog="tools/catalog.py", description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true")
    choice.add_argument("--update", action="store_true")
    wanted = extracted(CHECKOUT)
    if parser.parse_args(arguments).update:
        for language in LANGUAGES:
            _update(language, wanted)
        return 0
    faults = [fault for language in LANGUAGES for fault in _check(language, wanted)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def extracted(checkout: Path) -> Catalog:
    """Return every message of the code and of the templates."""
    found = Catalog(domain=DOMAIN)
    for source in SOURCES:
        for _, _, message, comments, context in extract_from_dir(
            checkout / source, METHODS, keywords=KEYWORDS, comment_tags=("NOTE:",)
        ):
            found.add(message, auto_comments=comments, context=context)
    return found


def _file(language: str) -> Path:
    return CHECKOUT / "platform" / "unisson" / "translations" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def _read(language: str) -> Catalog:
    file = _file(language)
    if not file.exists():
        return Catalog(locale=language, domain=DOMAIN, project="Unisson", fuzzy=False)
    with file.open("rb") as lines:
        return read_po(lines, locale=language, domain=DOMAIN)


def _update(language: str, wanted: Catalog) -> None:
    catalog = _read(language)
    wanted.creation_date = catalog.creation_date  # or each update would change the file
    catalog.update(wanted, no_fuzzy_matching=True)
    file = _file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as lines:
        write_po(lines, catalog, no_location=True, sort_output=True, ignore_obsolete=True, width=0)
    missing = sum(1 for message in catalog if message.id and not _is_translated(message))
    print(f"{language}: {len(catalog)} messages, {missing} to translate")


def _check(language: str, wanted: Catalog) -> Iterator[str]:
    catalog = _read(language)
    if catalog.fuzzy:
        yield f"{language}: the header is marked fuzzy: the compiler would leave the whole catalog out"
    here = {_key(message): message for message in catalog if message.id}
    keys = {_key(message) for message in wanted if message.id}
    for key in sorted(keys - here.keys()):
        yield f"{language}: missing: {key[1]}"
    for key, message in sorted(here.items()):
        if key not in keys:
            yield f"{language}: no longer used: {key[1]}"
        elif message.fuzzy:
            yield f"{language}: fuzzy: {key[1]}"
        elif not _is_translated(message):
            yield f"{language}: not translated: {key[1]}"
        else:
            yield from (f"{language}: {fault}: {key[1]}" for fault in faults_of(message))


def _key(message: Message) -> tuple[str, str]:
    return (message.context or "", _texts(message.id)[0])


def _texts(text: object) -> list[str]:
    if isinstance(text, str):
        return [text]
    return [part for part in text if isinstance(part, str)] if isinstance(text, list | tuple) else [""]


def _is_translated(message: Message) -> bool:
    return all(_texts(message.string)) and bool(_texts(message.string))


def faults_of(message: Message) -> Iterator[str]:
    """Yield what is wrong with a French translation: placeholders lost or invented, spaces that could break."""
    known = {name for text in _texts(message.id) for name in PLACEHOLDER.findall(text)}
    needed = set(PLACEHOLDER.findall(_texts(message.id)[-1]))
    for text in _texts(message.string):
        found = set(PLACEHOLDER.findall(text))
        # A singular may leave its number out ("one post"), never invent a name.
        if found - known or (isinstance(message.id, str) and needed - found):
            yield "placeholders differ"
        bare = TAG.sub("", PLACEHOLDER.sub("x", text))
        if LONE_SIGN.search(bare):
            yield "a no-break space is wanted before ; : ? !"
        if LONE_QUOTE.search(bare):
            yield "no-break spaces are wanted inside « »"
        if set(ELIDED.findall(text)) - COUNTS:
            yield "« de » or « que » before what may begin with a vowel: word it otherwise"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the program says to a person, in the language of the window.

The English text is the key, as in gettext: `say("Add {name}", name=node.name)`. Translations lie in `assets/words/<language>.json`,
an object of English texts and translations. A text without a translation is said in English, and so is one whose translation names
other values than the English text does, so that no translation can lose, invent or evaluate anything.

Packages below the window speak English to the command line and the API. Where the window shows their words, they make a `Sentence`:
an English string that remembers its text and its values, so that the window can say it once more in its own language.
A text of a record (title, help, label of a field) is said where it is shown.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from playground.paths import assets_dir

log = logging.getLogger("playground")

#: Language -> its own name, as a menu shows it.
LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
#: Marks every text that is said and writes it in other letters, so that a test finds those that are not, inside others too.
PSEUDO = "xx"
OPEN, CLOSE = "⟦", "⟧"
_VEIL = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "ÀƁĆĎĖƑĜĤÎĴĶĻṀŃÖƤǪŔŠŢÛṼŴẊÝŻàƀćďėƒĝĥîĵķļṁńöƥǫŕšţûṽŵẋýż",
)
#: An environment variable that stands above setting and system, for tests and for one start.
VARIABLE = "PLAYGROUND_LANGUAGE"

_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_PARTS = re.compile(r"(\{[a-z_][a-z0-9_]*\})")
_BRACED = re.compile(r"\{[^{}]*\}|[{}]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_ENGLISH = {"{s}", "{an}"}
#: Marks between the values of a text without words; a table may name its language's own. "," alone stands between single words.
MARKS = (",", ", ", "; ", ": ", ". ")
_MARK = re.compile(r"(?<=\})(?:[,;:.] (?=\{)|\.$)")
#: What a language with wide marks writes without a space: words after such a mark, and "98 %".
_SPACED = re.compile(r"(?<=[，。；：！？、）]) +(?=\S)|(?<=\d) (?=%)")
_MOST_UNKNOWN = 10_000

_language = "en"
_table: dict[str, str] | None = None  # None while English is spoken
_unknown: set[str] = set()


class Sentence(str):
    """English words for a person, and what they were made of.

    It is an ordinary string wherever one is wanted, in comparisons, files and messages. `say` finds `key` and `values` in it;
    values that are sentences are said as well, others are put in as they are. What cuts it gets a plain string.
    """

    key: str
    values: Mapping[str, str]

    def __new__(cls, key: str, values: Mapping[str, object], shown: str | None = None) -> Sentence:
        """shown: the English text where it is not the key with its values."""
        texts = {name: _text(value) for name, value in values.items()}
        made = super().__new__(cls, _filled(key, texts) if shown is None else shown)
        made.key, made.values = key, texts
        return made

    def __str__(self) -> str:
        return self  # so that str(error) gives back the sentence the error was raised with

    def __reduce__(self) -> tuple[Any, ...]:
        return Sentence, (self.key, dict(self.values), str.__str__(self))

    def lower(self) -> Sentence:
        """Lower case in English; the same words elsewhere."""
        return Sentence(self.key, self.values, super().lower())


def sentence(text: str, /, **values: object) -> str:
    """A `Sentence`: English that can be said in another language later. Values stand in the text as `{name}`."""
    return Sentence(text, values)


def counted_sentence(count: int, one: str, many: str, /, **values: object) -> str:
    """As `counted`, to be said later."""
    return Sentence(_count_text(count, one, many), {"n": f"{count:,}", **values})


def joined(parts: Iterable[object], between: str = ", ") -> str:
    """Sentences and other texts side by side, each to be said later."""
    values = {f"p{at}": part for at, part in enumerate(parts)}
    return Sentence(between.join(f"{{{name}}}" for name in values), values)


def within(word: str) -> str:
    """A word that tables and forms show with a capital, such as a choice of a setting, as it stands within a sentence."""
    return sentence(word.replace("_", " ").capitalize()).lower()


def meant(text: str, sense: str) -> str:
    """An English text that other languages word otherwise in another sense: the table has it as "text (sense)"."""
    return Sentence(f"{text} ({sense})", {}, text)


def packed(text: str) -> str | dict[str, Any]:
    """A sentence as strict JSON for another process of ours; any other text as it is."""
    if not isinstance(text, Sentence):
        return text
    values = {name: packed(value) for name, value in text.values.items()}
    return {"key": text.key, "values": values, "shown": str.__str__(text)}


def unpacked(found: object) -> str:
    """The inverse of `packed`. Raises ValueError for anything else."""
    if isinstance(found, str):
        return found
    if isinstance(found, dict) and found.keys() == {"key", "values", "shown"}:
        key, values, shown = found["key"], found["values"], found["shown"]
        if isinstance(key, str) and isinstance(values, dict) and isinstance(shown, str):
            return Sentence(key, {str(name): unpacked(value) for name, value in values.items()}, shown)
    raise ValueError("a text or a packed sentence was expected")


def say(text: str, /, **values: object) -> str:
    """The text in the language of the window. Values replace `{name}`; a sentence brings its own."""
    if _table is None and not values:
        return text if type(text) is str else str.__str__(text)
    key = text
    if isinstance(text, Sentence):
        key, values = text.key, dict(text.values)
    if _table is None:
        return _filled(key, values)
    values = {name: _said(_text(value)) for name, value in values.items()}
    found = _table.get(key)
    if found is None and has_words(key) and len(_unknown) < _MOST_UNKNOWN:
        _unknown.add(key)
    if _language == PSEUDO:
        return _marked(_veiled(key, values))
    if found is None:
        found = _punctuated(key, values, _table) if values else str(text)
    said = _filled(found, values)
    return _SPACED.sub("", said) if values else said


def part_of(text: str, name: str) -> str:
    """One of the values that a sentence was made of, a sentence itself where it was one; "" where there is none of that name."""
    return text.values.get(name, "") if isinstance(text, Sentence) else ""


def named(text: str) -> str:
    """A name as it is shown: said where it is a `Sentence` of ours, else as its owner wrote it."""
    return _said(text)


def strung(parts: Iterable[object], between: str = ", ") -> str:
    """Texts side by side, with the marks of the language of the window between them."""
    return say(joined(parts, between))


def counted(count: int, one: str, many: str, /, **values: object) -> str:
    """An amount with its word: counted(2, "node", "nodes") is "2 nodes". The words may be whole texts with `{n}` in them."""
    return say(_count_text(count, one, many), n=f"{count:,}", **values)


def percent(value: str) -> str:
    """A number as a share of a hundred, as the language writes it: "98.3 %", "98.3%"."""
    return say("{value} %", value=value)


def capital(text: str) -> str:
    """English with a capital at its start. Other languages have none to give; theirs may begin with a name, which is written as it is."""
    return text if _table is not None else text[:1].upper() + text[1:]


def without_name(text: str, name: str) -> str:
    """What is said of something, without its name in front, for a place where that stands already."""
    return text.removeprefix(strung((name, ""), ": ")).removeprefix(f"{name} ") if name else text


def language() -> str:
    """The language that is spoken now: a key of LANGUAGES, or the pseudo-language."""
    return _language


def set_language(wanted: str) -> str:
    """Speak a language from now on; English where there is no such one. Gives the language that is spoken.

    What was said before stays as it is: whoever calls this rebuilds what is shown.
    """
    global _language, _table
    _unknown.clear()
    _language, _table = "en", None
    if wanted == PSEUDO:
        _language, _table = PSEUDO, {}
    elif wanted != "en" and wanted in LANGUAGES:
        table = read(assets_dir() / "words" / f"{wanted}.json")
        if table:
            _language, _table = wanted, table
    return _language


def chosen(choice: str = "system", system: str = "") -> str:
    """The language for a setting, "system" or a language. system: the name of the system's, such as "zh_CN" or "de_DE.UTF-8"."""
    forced = os.environ.get(VARIABLE, "")
    if forced in LANGUAGES or forced == PSEUDO:
        return forced
    if choice in LANGUAGES:
        return choice
    named = system or next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := os.environ.get(name))), "")
    # One Chinese is spoken here, so it serves every Chinese.
    return "zh_CN" if re.match(r"zh\b|zh_", named) else "en"


def unknown() -> frozenset[str]:
    """Texts that were said and have no translation, since the language was set."""
    return frozenset(_unknown)


def read(path: Path) -> dict[str, str]:
    """A file of translations. A file that cannot be read gives none; a translation that is not `sound` is left out."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        log.warning("no translations from %s: %s", path, error)
        return {}
    if not isinstance(found, dict):
        log.warning("no translations from %s: it holds no object", path)
        return {}
    return {key: text for key, text in found.items() if sound(key, text)}


def sound(key: str, text: object) -> bool:
    """Whether a translation may stand for its English text: it has the same values, and no control characters.

    Only `{s}` and `{an}`, the ending of a plural and an article, may be left out.
    """
    if not isinstance(text, str) or not text.strip() or _CONTROL.search(text):
        return False
    given, wanted = set(_BRACED.findall(text)), set(_BRACED.findall(key))
    return given <= wanted and wanted - given <= _ENGLISH


def has_words(text: str) -> bool:
    """Whether there is anything to translate besides the values."""
    return any(sign.isalpha() for sign in _BRACED.sub("", text))


def _count_text(count: int, one: str, many: str) -> str:
    word = one if count == 1 else many
    return word if "{n}" in one + many else f"{{n}} {word}"


def _text(value: object) -> str:
    """A value as text; a sentence stays one, also where an error carries it."""
    return value if isinstance(value, Sentence) else str(value)


def _said(text: str) -> str:
    return say(text) if isinstance(text, Sentence) else text


def _filled(text: str, values: Mapping[str, object]) -> str:
    """The text with its values. Nothing is evaluated; a place without a value stays as it is."""
    if not values or "{" not in text:
        return text
    return _PLACE.sub(lambda place: str(values[place[1]]) if place[1] in values else place[0], text)


def _punctuated(key: str, values: Mapping[str, object], table: Mapping[str, str]) -> str:
    """A text without words, with the marks of the language; any other as it is."""
    if has_words(key):
        return key
    single = not any(" " in str(text) for text in values.values())

    def mark(found: re.Match[str]) -> str:
        sign = found[0]
        return table.get("," if single and sign == ", " else f"{sign.strip()} ", sign)

    return _MARK.sub(mark, key)


def _veiled(key: str, values: Mapping[str, object]) -> str:
    """The English text in other letters, with its values as they are."""
    text = "".join(part if _PLACE.fullmatch(part) else part.translate(_VEIL) for part in _PARTS.split(key))
    english = {name: str(value).translate(_VEIL) for name, value in values.items() if f"{{{name}}}" in _ENGLISH}
    return _filled(text, {**values, **english})


def _marked(text: str) -> str:
    """The text between marks; what is marked already as a whole, or has no words, stays as it is."""
    depth, parts = 0, 0
    for sign in text:
        parts += not depth and sign != OPEN
        depth += (sign == OPEN) - (sign == CLOSE)
    return f"{OPEN}{text}{CLOSE}" if parts and any(sign.isalpha() for sign in text) else text

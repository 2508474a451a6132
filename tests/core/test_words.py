"""What is said to a person: values, counts, languages, and translations that are broken or hostile."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playground import words
from playground.errors import ShapeError
from playground.words import (
    Sentence,
    capital,
    chosen,
    counted,
    counted_sentence,
    joined,
    language,
    meant,
    percent,
    say,
    sentence,
    set_language,
    sound,
    strung,
)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(words.VARIABLE, raising=False)
    set_language("en")
    yield
    set_language("en")


@pytest.fixture
def speak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], str]:
    """Speaks Chinese from a table of the test's own."""

    def with_table(table: object) -> str:
        (tmp_path / "words").mkdir(exist_ok=True)
        text = table if isinstance(table, str) else json.dumps(table)
        (tmp_path / "words" / "zh_CN.json").write_text(text, encoding="utf-8")
        monkeypatch.setattr(words, "assets_dir", lambda: tmp_path)
        return set_language("zh_CN")

    return with_table


def test_english_is_the_text_itself() -> None:
    assert say("Train") == "Train"
    assert say("Add {name}", name="Dense") == "Add Dense"
    assert say("{a}{b}{a}", a=1, b=2.5) == "12.51"
    assert say("a set {of} braces") == "a set {of} braces"


def test_a_translation_with_values(speak: Callable[[object], str]) -> None:
    assert speak({"Add {name}": "添加 {name}", "Train": "训练"}) == "zh_CN" == language()
    assert say("Train") == "训练"
    assert say("Add {name}", name="Dense") == "添加 Dense"
    assert say("Unheard {name}", name=3) == "Unheard 3"
    assert words.unknown() == {"Unheard {name}"}


def test_values_are_not_said_again_nor_evaluated(speak: Callable[[object], str]) -> None:
    speak({"Add {name}": "添加 {name}", "Train": "训练"})
    assert say("Add {name}", name="Train") == "添加 Train"
    assert say("Add {name}", name="{name.__class__}{0}") == "添加 {name.__class__}{0}"
    assert say("{name.__class__} {name}", name="x") == "{name.__class__} x"
    assert say("{name!r:>99999999} {0}", name="x") == "{name!r:>99999999} {0}"


def test_a_missing_value_stays_visible(speak: Callable[[object], str]) -> None:
    assert say("Add {name} to {place}", name="Dense") == "Add Dense to {place}"
    speak({"Add {name} to {place}": "将 {name} 添加到 {place}"})
    assert say("Add {name} to {place}", name="Dense") == "将 Dense 添加到 {place}"


def test_counts(speak: Callable[[object], str]) -> None:
    assert counted(1, "node", "nodes") == "1 node"
    assert counted(1234, "node", "nodes") == "1,234 nodes"
    assert counted(2, "One is left in {place}", "{n} are left in {place}", place="a") == "2 are left in a"
    assert counted(1, "One is left in {place}", "{n} are left in {place}", place="a") == "One is left in a"
    speak({"{n} node": "{n} 个节点", "{n} nodes": "{n} 个节点"})
    assert counted(1, "node", "nodes") == "1 个节点"
    assert say(counted_sentence(3, "node", "nodes")) == "3 个节点"


def test_a_sentence_is_english_until_it_is_said(speak: Callable[[object], str]) -> None:
    inner = sentence("{size} inputs", size=3)
    made = sentence("“{name}” needs {what}.", name="Train", what=inner)
    assert made == "“Train” needs 3 inputs."
    assert isinstance(made, str)
    speak({"“{name}” needs {what}.": "“{name}”需要{what}。", "{size} inputs": "{size} 个输入", "Train": "训练"})
    assert made == "“Train” needs 3 inputs."
    assert say(made) == "“Train”需要3 个输入。"
    assert say(sentence("Train")) == "训练"
    assert json.dumps(made, ensure_ascii=False) == '"“Train” needs 3 inputs."'


def test_a_value_may_be_a_sentence_in_an_error_or_in_a_list(speak: Callable[[object], str]) -> None:
    speak(
        {
            "needs {n} inputs": "需要 {n} 个输入",
            "Bad: {why}": "错误：{why}",
            "Learning rate": "学习率",
            "Set {field}": "设置{field}",
        }
    )
    inner = sentence("needs {n} inputs", n=3)
    assert say("Bad: {why}", why=ShapeError(inner)) == say(sentence("Bad: {why}", why=ShapeError(inner))) == "错误：需要 3 个输入"
    both = joined([inner, "plain", inner], "; ")
    assert both == "needs 3 inputs; plain; needs 3 inputs"
    assert say(both) == "需要 3 个输入; plain; 需要 3 个输入"
    low = sentence("Set {field}", field=sentence("Learning rate").lower())
    assert low == "Set learning rate"
    assert say(low) == "设置学习率"
    assert pickle.loads(pickle.dumps(low)) == low
    assert not words.unknown()


def test_parts_stand_between_the_marks_of_the_language(speak: Callable[[object], str]) -> None:
    assert strung(["a", "b"]) == "a, b"
    assert percent("98.3") == "98.3 %"
    assert strung(("Rate", "0.1"), ": ") == "Rate: 0.1"
    speak(
        {",": "、", ", ": "，", "; ": "；", ": ": "：", ". ": "。", "{n} left": "剩 {n} 个。", "{what} Go on.": "{what} 继续。"}
    )
    assert strung(["a", "b", "c"]) == "a、b、c"
    assert strung(["loss 0.1", "step 3"]) == "loss 0.1，step 3"
    assert strung(("Rate", "0.1"), ": ") == "Rate：0.1"
    assert say(joined((joined(("a", "b"), "; "), "c"), ". ")) == "a；b。c"
    assert say(sentence("{listed}.", listed=joined(("a 1", "b 2")))) == "a 1，b 2。"
    assert say("{what} Go on.", what=sentence("{n} left", n=3)) == "剩 3 个。继续。", "no space behind a wide mark"
    assert say("{low} ... {high}, {x}", low=1, high=2, x=3) == "1 ... 2、3"
    assert (percent("98.3"), say("{n} left", n="4 %")) == ("98.3%", "剩 4% 个。")
    assert say("{name}", name="a, b") == "a, b", "values are their own"


def test_a_text_may_have_several_senses(speak: Callable[[object], str]) -> None:
    cut = meant("Cut", "to the clipboard")
    assert cut == say(cut) == "Cut"
    speak({"Cut": "截断"})
    assert (say("Cut"), say(cut)) == ("截断", "Cut")
    speak({"Cut": "截断", "Cut (to the clipboard)": "剪切"})
    assert (say("Cut"), say(cut)) == ("截断", "剪切")


def test_a_sentence_keeps_what_its_values_were(speak: Callable[[object], str]) -> None:
    values = [1, 2]
    made = sentence("{values}", values=values)
    values.append(3)
    assert made == say(made) == "[1, 2]"


def test_a_sentence_survives_an_error_and_a_pickle(speak: Callable[[object], str]) -> None:
    made = sentence("needs {n} inputs", n=3)
    with pytest.raises(ShapeError) as raised:
        raise ShapeError(made, "image")
    again = pickle.loads(pickle.dumps(str(raised.value)))
    assert isinstance(again, Sentence)
    assert again == "needs 3 inputs"
    speak({"needs {n} inputs": "需要 {n} 个输入"})
    assert say(again) == say(str(raised.value)) == "需要 3 个输入"


@pytest.mark.parametrize(
    "hostile",
    ["no value", "{name} {other}", "{name.__class__}", "{name!r}", "{name", "name}", "{}", "{0}", "{name}{", "", "  ", "{name}\x00", "{name}\u202e",
     3, None, ["{name}"], {"a": 1}],
)  # fmt: skip
def test_a_bad_translation_is_not_used(speak: Callable[[object], str], hostile: object) -> None:
    assert not sound("Add {name}", hostile)
    speak({"Add {name}": hostile, "Train": "训练"})
    assert say("Add {name}", name="Dense") == "Add Dense"
    assert say("Train") == "训练"


@pytest.mark.parametrize("text", ["", "[]", "3", '{"a": ', '{"a": NaN', "\x00"])
def test_a_broken_file_leaves_english(speak: Callable[[object], str], text: str) -> None:
    assert speak(text) == "en"
    assert say("Train") == "Train"


def test_no_file_leaves_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "assets_dir", lambda: tmp_path)
    assert set_language("zh_CN") == "en"


def test_an_unknown_language_is_english() -> None:
    assert set_language("../../etc/passwd") == "en"
    assert set_language("") == "en"


def test_the_pseudo_language_marks_once_and_leaves_values_alone() -> None:
    set_language("xx")
    assert say("Train") == "⟦Ţŕàîń⟧"
    assert say(say("Train")) == "⟦Ţŕàîń⟧"
    assert say("Add {name}", name="Dense") == "⟦Àďď Dense⟧"
    assert say("Add {name}", name=sentence("Dense")) == "⟦Àďď ⟦Ďėńšė⟧⟧"
    assert say("42 %") == "42 %"
    assert counted(2, "node", "nodes") == "⟦2 ńöďėš⟧"


@pytest.mark.parametrize(
    ("choice", "system", "expected"),
    [("system", "zh_CN", "zh_CN"), ("system", "zh_TW.UTF-8", "zh_CN"), ("system", "zh", "zh_CN"), ("system", "zha_CN", "en"), ("system", "de_DE", "en"),
     ("system", "C", "en"), ("en", "zh_CN", "en"), ("zh_CN", "en_GB", "zh_CN"), ("klingon", "de_DE", "en")],
)  # fmt: skip
def test_setting_and_system(choice: str, system: str, expected: str) -> None:
    assert chosen(choice, system) == expected


def test_the_environment_stands_above_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert chosen() == "zh_CN"
    monkeypatch.setenv(words.VARIABLE, "xx")
    assert chosen("en", "de_DE") == "xx"
    monkeypatch.setenv(words.VARIABLE, "nonsense")
    assert chosen("en", "de_DE") == "en"


def test_capital() -> None:
    assert capital("needs") == "Needs"
    assert capital("") == ""
    words.set_language("zh_CN")
    try:
        assert capital("需要") == "需要"
        assert capital("tanh1 中出现") == "tanh1 中出现", "a name that stands first is written as it is"
    finally:
        words.set_language("en")


def test_what_ships_can_be_read() -> None:
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), "an English text stands there twice"
        return dict(pairs)

    path = words.assets_dir() / "words" / "zh_CN.json"
    table = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)
    unsound = [key for key, text in table.items() if not sound(key, text)]
    assert not unsound, unsound
    assert set_language("zh_CN") == "zh_CN"


def test_endings_and_articles_are_english_only(speak: Callable[[object], str]) -> None:
    speak({"{n} argument{s} of {an} {kind}": "{kind} 的 {n} 个参数"})
    assert say("{n} argument{s} of {an} {kind}", n=2, s="s", an="a", kind="x") == "x 的 2 个参数"

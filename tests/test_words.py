"""The word files say the same in both languages, and the code says nothing that is in neither."""

import ast
import json
import re
import string
from pathlib import Path

import pytest

from mm_demo import words
from mm_demo.cases import CASES
from mm_demo.config import TrainConfig
from mm_demo.errors import UserError

PACKAGE = Path(words.__file__).parent
SOURCES = [path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts]
CHINESE = re.compile(r"[\u3400-\u9fff]")
# What a sentence's key looks like; the first part is a word file's section.
SECTIONS = {key.split(".")[0] for key in words.table("en")}
KEY = re.compile(r"^[a-z_]+(\.[a-z0-9_]+)+$")
# Places where a key is made from parts; each is checked by the page's own build.
TAKES_A_KEY = {"both", "say", "texts", "UserError"}


def placeholders(text):
    return {
        name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name
    }


def test_both_languages_have_the_same_keys():
    assert set(words.table("en")) == set(words.table("zh"))


@pytest.mark.parametrize("key", sorted(words.table("en")))
def test_a_sentence_has_the_same_placeholders_in_both_languages(key):
    english, chinese = words.table("en")[key], words.table("zh")[key]
    assert placeholders(english) == placeholders(chinese)
    assert english
    assert chinese


def test_the_words_follow_the_house_style():
    for key, text in words.table("en").items():
        assert not re.search(r"\b(please|oops|sorry)\b|!", text, re.IGNORECASE), (key, text)
        assert not CHINESE.search(text) or "{" in text, (key, text)
    for key, text in words.table("zh").items():
        assert not re.search(r"[请]?您|!|！", text), (key, text)
        assert not re.search(r"[\u4e00-\u9fff][,?;]", text), (key, text)  # full-width punctuation


def test_word_files_are_flat_and_unique():
    for file in PACKAGE.rglob("??.json"):
        pairs = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), file
        assert all(isinstance(text, str) for _, text in pairs), file


def keys_in(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            function = node.func
            name = getattr(function, "attr", getattr(function, "id", ""))
            position = 1 if name == "say" else 0
            if name in TAKES_A_KEY and len(node.args) > position:
                for part in ast.walk(node.args[position]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield node.args[position], part.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_key_in_the_code_exists(path):
    for argument, key in keys_in(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(argument, ast.JoinedStr) or not KEY.match(key):
            continue
        assert key in words.table("en"), f"{path}: {key}"


VISIBLE = [
    *(PACKAGE / "ui").glob("*.py"),
    PACKAGE / "page.py",
    *PACKAGE.glob("cases/*/try_*.py"),
    *PACKAGE.glob("cases/*/understand*.py"),
]
NAMES = {"Multimodal Lab · 多模态实验室", "Language 语言"}  # in both languages as they stand


@pytest.mark.parametrize("path", VISIBLE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_sentence_stands_in_the_code_of_the_page(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in {"label", "placeholder", "info"}:
            said = getattr(node.value, "value", "")
            fine = said in NAMES or not isinstance(said, str) or re.fullmatch(r"[a-z_.]*", said)
            assert fine, f"{path.name}:{node.value.lineno} {said!r}"
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) in documentation or any(name.endswith(node.value) for name in NAMES):
            continue
        text = node.value if "多模态实验室" not in node.value else ""  # the page's name
        assert not CHINESE.search(text.replace("[\u3400-\u9fff]", "")), (
            f"{path.name}:{node.lineno} {text!r}"
        )
        assert not re.search(r">\s*[A-Z]?[a-z]+ [a-z]+", text), (
            f"{path.name}:{node.lineno} {text!r}"
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_has_all_its_words(case):
    name, table = case.name, words.table("en")
    needed = [f"{name}.{part}" for part in ("tab", "question", "method", "kind", "start", "ruler")]
    needed += [f"{name}.tab.narrow", f"{name}.guess_loss", f"{name}.moving.title"]
    for metric in {case.headline, *case.table}:
        needed += [f"{name}.metric.{metric}", f"{name}.metric.{metric}.short"]
    needed += [f"{name}.dataset.{dataset}" for dataset in case.datasets]
    for preset in case.presets:
        needed += [f"{name}.preset.{preset}", f"preset.{preset}", f"{name}.minutes.{preset}"]
    for family in case.families:
        needed += [f"{name}.{family.folder}.minutes.{preset}" for preset in family.presets]
    for knob in case.config.knobs():
        if knob.shown != "none":
            needed += [knob.label_key, f"{knob.label_key}.short"]
            needed += [f"{knob.label_key}.{choice}" for choice in knob.choices]
    assert [key for key in needed if key not in table] == []


def test_both_escapes_facts_and_marks_languages():
    html = words.both("knob.illegal", name="<b>", value='"x"', allowed="1 – 2")
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    assert '<span class="en" lang="en">' in html
    assert '<span class="zh" lang="zh-CN">' in html


def test_a_fact_may_differ_by_language():
    html = words.both("runs.left", time={"en": "3 s", "zh": "3 秒"})
    assert "3 s left" in html
    assert "还剩 3 秒" in html


def test_an_error_is_said_in_each_language():
    error = UserError("knob.illegal", name="seed", value="-1", allowed="≥ 0")
    assert "seed" in words.say_error("en", error)
    assert "seed" in words.say_error("zh", error)
    with pytest.raises(UserError):
        TrainConfig().changed({"seed": -1})

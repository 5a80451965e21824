"""The Chinese of `captions`: spoken, with the right classifiers."""

from __future__ import annotations

from .grammar import Dice, Mention, Said
from .lexicon import CLASSIFIERS, COLOUR_WORDS, KIND_WORDS, PLACE_WORDS, SIZE_WORDS

_SETTINGS: dict[str, tuple[str, ...]] = {  # each can stand before 有 and after 在
    "sea": ("海上", "大海上", "海面上", "海边"),
    "meadow": ("草地上", "草原上", "青草坡上", "田野里"),
    "desert": ("沙漠里", "沙丘上", "沙地上", "沙漠中"),
    "snow": ("雪地里", "雪地上", "冬天的雪地里", "下雪天里"),
    "night": ("夜里", "夜空下", "月光下", "夜色中"),
    "mountains": ("山里", "群山前", "雪山下", "大山里"),
}
_RELATIONS: dict[str, tuple[str, ...]] = {
    "left_of": ("左边", "左侧"),
    "right_of": ("右边", "右侧"),
    "above": ("上面", "上方"),
    "below": ("下面", "下方"),
}
_OPENINGS = (
    "这张照片里有{}", "图片里有{}", "看，有{}", "{}", "{}", "可以看到{}", "画里有{}", "有{}",
    "我看见{}", "这里有{}", "画面上是{}", "照片上有{}", "这张图里画着{}",
)  # fmt: skip
_SHOWN = ("一张{}的照片", "一张{}的图片", "这是一张{}的照片")  # where one thing is described bare
_ALONE = ("，别的什么也没有", "，只有它自己", "，孤零零的")
_NOTHING_ELSE = ("，别的什么也没有", "，只有这些")


def say(said: Said, dice: Dice) -> str:
    """One sentence with this content."""
    setting = "" if said.background == "*" else dice.one(_SETTINGS[said.background])
    if len(said.mentions) == 1 and said.mentions[0].place == "*" and dice.chance(0.4):
        tail = dice.one(_ALONE) if said.counted else ""
        shown = dice.one(_SHOWN).format(_bare(said.mentions[0], dice))
        return f"{shown}{tail}，{dice.one(('在', '就在'))}{setting}" if setting else shown + tail
    body = _body(said, dice)
    if not setting:
        return _opened(body, dice)
    if dice.chance(0.5):
        return f"{setting}{_continued(body, dice)}"
    where = dice.one(("在", "就在", "都在" if said.mentions[1:] else "是在"))
    return f"{_opened(body, dice)}，{where}{setting}"


def _opened(body: str, dice: Dice) -> str:
    """A body that begins with a place, "左边有一只鸟", brings its own 有."""
    if body.startswith("一"):
        return dice.one(_OPENINGS).format(body)
    return dice.one(("", "看，", "照片上，", "图片里", "画面的")) + body


def _continued(body: str, dice: Dice) -> str:
    if body.startswith("一"):
        return dice.one(("有", "，有", "可以看到", "，我看见")) + body
    return f"，{dice.one(('', '', '画面'))}{body}"


def _body(said: Said, dice: Dice) -> str:
    phrases = [f"一{CLASSIFIERS[m.kind]}{_bare(m, dice)}" for m in said.mentions]
    if said.relation != "*":
        a, b, *rest = phrases
        side = dice.one(_RELATIONS[said.relation])
        text = f"{a}，在{b}的{side}" if dice.chance(0.5) else f"{b}，它的{side}有{a}"
        if rest:
            text += f"，{_placed(said.mentions[2], rest[0], dice, dice.one(('还有', '另外有')))}"
        return text
    parts = [
        _placed(m, phrase, dice, "有" if m.place != "*" else ("还有" if i else ""))
        for i, (m, phrase) in enumerate(zip(said.mentions, phrases, strict=True))
    ]
    if said.counted:
        return "，".join(parts) + dice.one(_ALONE if len(parts) == 1 else _NOTHING_ELSE)
    return "，".join(parts)


def _placed(m: Mention, phrase: str, dice: Dice, verb: str) -> str:
    return verb + phrase if m.place == "*" else dice.one(PLACE_WORDS[m.place]["zh"]) + verb + phrase


def _bare(m: Mention, dice: Dice) -> str:
    """A thing without its number: 红色的小船, 红船."""
    words = KIND_WORDS[m.kind]["zh"]
    kind = dice.often_first(words, 0.75)
    bare = kind == words[0] and m.size == "*"
    if m.size != "*":
        kind = SIZE_WORDS[m.size]["zh"][0] + kind
    if m.colour == "*":
        return kind
    long, other = COLOUR_WORDS[m.colour]["zh"]
    colour = dice.often_first((long, other), 0.8) if bare or len(other) > 1 else long
    return f"{colour}{'的' if len(colour) > 1 else ''}{kind}"

"""The picture on retrieval's card at home: pictures and sentences on a map, and a query among them."""

from __future__ import annotations

from mm_demo.data.inline import data_url
from mm_demo.data.scenes import compose, draw

# scene, place of the picture, place of its sentence
_PAIRS = (
    ((("boat", "red", "large", "centre"),), "night", (138, 62), (180, 34)),
    ((("boat", "green", "large", "centre"),), "night", (202, 108), (158, 132)),
    ((("boat", "blue", "large", "centre"),), "sea", (92, 140), (62, 100)),
    ((("house", "yellow", "large", "centre"),), "meadow", (286, 54), (330, 30)),
    ((("tree", "green", "large", "centre"),), "mountains", (340, 96), (366, 60)),
    ((("fish", "orange", "large", "centre"),), "sea", (292, 146), (246, 158)),
)
_SIDE = 46


def card() -> str:
    """An SVG of 420 by 190."""
    lines, tiles = "", ""
    for things, background, (x, y), (a, b) in _PAIRS:
        picture = draw(compose(things, background), 96)
        lines += (
            f'<path d="M{x} {y}L{a} {b}" stroke="var(--c6)" stroke-width="1.4"/>'
            f'<path d="M{a} {b - 7}l7 7-7 7-7-7z" fill="var(--c2)"/>'
        )
        tiles += (
            f'<g transform="translate({x - _SIDE // 2} {y - _SIDE // 2})"><image '
            f'href="{data_url(picture)}" width="{_SIDE}" height="{_SIDE}" '
            'preserveAspectRatio="xMidYMid slice" clip-path="inset(0 round 7px)"/></g>'
        )
    return (
        '<svg viewBox="0 0 420 190" preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        '<circle cx="168" cy="84" r="74" fill="var(--glow)" opacity=".2"/>'
        f"{lines}{tiles}"
        '<g fill="none" stroke="var(--body-text-color)" stroke-width="2.2"><circle cx="170" cy="85" '
        'r="11"/><path d="M170 67v10M170 93v10M152 85h10M178 85h10"/></g></svg>'
    )

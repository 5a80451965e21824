"""The picture on CLIP's card at home: a drawn scene and the place that a label points to."""

from __future__ import annotations

from mm_demo.data.inline import data_url
from mm_demo.data.scenes import Scene, SceneObject, draw

_SCENE = Scene(
    "sea",
    (
        SceneObject("house", "green", "small", 0.82, 0.47, 0.17),
        SceneObject("boat", "red", "large", 0.42, 0.57, 0.30),
        SceneObject("star", "yellow", "small", 0.70, 0.37, 0.09),
    ),
    5,
)


def card() -> str:
    """An SVG of 420 by 190: veiled, but for the boat."""
    picture = draw(_SCENE, 720)
    picture = picture[206:532]
    return (
        '<svg viewBox="0 0 420 190" preserveAspectRatio="xMidYMid slice" aria-hidden="true"><defs>'
        '<radialGradient id="clip-look"><stop offset="0" stop-color="#000"/>'
        '<stop offset=".55" stop-color="#000" stop-opacity=".85"/>'
        '<stop offset="1" stop-color="#000" stop-opacity="0"/></radialGradient>'
        '<radialGradient id="clip-glow"><stop offset="0" stop-color="#F5A623" stop-opacity=".3"/>'
        '<stop offset=".6" stop-color="#F5A623" stop-opacity=".22"/>'
        '<stop offset="1" stop-color="#F5A623" stop-opacity="0"/></radialGradient>'
        '<mask id="clip-veil"><rect width="420" height="190" fill="#fff"/>'
        '<circle cx="177" cy="119" r="105" fill="url(#clip-look)"/></mask></defs>'
        f'<image href="{data_url(picture)}" width="420" height="190"/>'
        '<rect width="420" height="190" fill="#141A2C" opacity=".58" mask="url(#clip-veil)"/>'
        '<circle cx="177" cy="119" r="105" fill="url(#clip-glow)"/></svg>'
    )

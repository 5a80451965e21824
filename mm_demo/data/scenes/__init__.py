"""`scenes`: drawn pictures and sentences about them, made on the spot from a seed."""

from .cache import scene_arrays, scenes_for, zero_shot_scenes
from .captions import TEMPLATES, Caption, captions, is_true, label, prompt
from .draw import MAX_SIZE, MIN_SIZE, VERSION, draw
from .facts import facts
from .lexicon import (
    BACKGROUND_WORDS,
    COLOUR_WORDS,
    KIND_WORDS,
    LANGUAGES,
    PLACE_WORDS,
    SIZE_WORDS,
)
from .world import (
    ALL_PAIRS,
    BACKGROUNDS,
    COLOURS,
    DEV_PAIRS,
    KINDS,
    PLACES,
    RELATIONS,
    SIZES,
    SPLITS,
    TEST_PAIRS,
    TRAINED_PAIRS,
    Scene,
    SceneObject,
    boxes,
    compose,
    sample_scene,
    sample_single,
)

__all__ = [
    "ALL_PAIRS", "BACKGROUNDS", "BACKGROUND_WORDS", "COLOURS", "COLOUR_WORDS", "Caption",
    "DEV_PAIRS", "KINDS", "KIND_WORDS", "LANGUAGES", "MAX_SIZE", "MIN_SIZE", "PLACES",
    "PLACE_WORDS", "RELATIONS", "SIZES", "SIZE_WORDS", "SPLITS", "Scene", "SceneObject",
    "TEMPLATES", "TEST_PAIRS", "TRAINED_PAIRS", "VERSION", "boxes", "captions", "compose",
    "draw", "facts", "is_true", "label", "prompt", "sample_scene", "sample_single",
    "scene_arrays", "scenes_for", "zero_shot_scenes",
]  # fmt: skip

"""The data sets that fusion trains on: one module each, one line here each.

Each has CLASSES, LENGTH (samples of a wave), LIVE (how a run under way is measured), groups(config), prepare(), training_batch(group, rng,
count), held_out(split, seed, group, ...), clean(split, seed), strangers(seed), read_settings(settings) and curves(networks, split, seed,
group).
"""

from types import ModuleType

from mm_demo.cases.fusion import digits, shapes

SOURCES: dict[str, ModuleType] = {
    "sounding_shapes": shapes,
    "av_digits": digits,
}

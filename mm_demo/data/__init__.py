"""The data sets: one file or folder each, one line here each (the module that builds its caches)."""

DATASETS = {
    "scenes": "mm_demo.data.scenes.cache",
}

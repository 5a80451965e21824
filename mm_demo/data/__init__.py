"""The data sets: one file or folder each, one line here each.

The module has `build`, which makes its caches and tells; one that needs files has `at_hand` too.
"""

DATASETS = {
    "scenes": "mm_demo.data.scenes.cache",
    "sounding_shapes": "mm_demo.data.sounding_shapes",
    "av_digits": "mm_demo.data.av_digits",
    "camera_motion": "mm_demo.data.camera_motion",
    "actions": "mm_demo.data.actions",
    "flickr8k": "mm_demo.data.flickr8k",
    "coco": "mm_demo.data.coco",
    "photos": "mm_demo.data.photos",
    "coco_objects": "mm_demo.data.coco_objects",
    "pretrained": "mm_demo.data.pretrained",
}

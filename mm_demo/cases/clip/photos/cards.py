"""What the model cards say of the data that a PhotoCLIP was trained on."""

from mm_demo.case import OWN
from mm_demo.data.photos import COCO_CARD, FLICKR8K_CARD

_WHAT = (
    "Tells which of some English sentences fits a photograph, and which of them are true on their "
    "own. Two small heads, trained from random weights with the symmetric InfoNCE loss, on networks "
    "that others trained and that stay as they are: EfficientNet-Lite (ImageNet) for the picture, "
    "all-MiniLM-L6-v2 for the sentence. What the picture networks' ImageNet classifiers say is a "
    "second witness beside the heads' cosine."
)
_LIMITS = (
    "It knows people, dogs and everyday things; small or half-hidden things are often missed, and it "
    "neither counts nor reads nor tells left from right. English only. Drawings, screenshots and "
    "pages of text are outside, and it says so (`outside`). It learned from Flickr users' "
    "photographs and what annotators wrote about them, prejudices included: nothing that matters to "
    "a person should hang on it. The data's terms allow research and education."
)

CARDS = {
    "photos": {
        "title": "CLIP on photographs",
        "what": _WHAT,
        "data": f"{FLICKR8K_CARD} Beside them {COCO_CARD} The yes/no scores are calibrated on 1,500 further "
        "photographs of COCO with the kinds of things in them; the naming figures are of 2,000 "
        "others, neither trained on.",
        "limits": _LIMITS,
    },
    "flickr8k": {
        "title": "CLIP on Flickr8k",
        "what": _WHAT,
        "data": FLICKR8K_CARD,
        "limits": _LIMITS,
    },
    "coco": {
        "title": "CLIP on a part of COCO",
        "what": _WHAT,
        "data": COCO_CARD,
        "limits": _LIMITS,
    },
    OWN: {
        "title": "CLIP on photographs of one's own",
        "what": _WHAT,
        "data": "A folder of photographs with captions; one in five was held out for the figures. The "
        "photographs belong to whoever made them and are not part of the model.",
        "limits": _LIMITS,
    },
}

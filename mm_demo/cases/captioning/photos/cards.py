"""What the model cards of captioners of photographs say."""

from mm_demo.case import OWN
from mm_demo.data.photos import COCO_CARD, FLICKR8K_CARD

_WHAT = (
    "Says in an English sentence what is in a photograph, and for each word where it looked. An LSTM "
    "with soft attention (Show, Attend and Tell), trained from random weights, on networks that others "
    "trained and that stay as they are: EfficientNet-Lite (ImageNet). Kinds of things that no caption "
    "names were learned from pseudo-pictures: a photograph's features moved towards an ImageNet class. "
    "Where ImageNet's classifiers see an animal and the sentence says a dog, or a guess in a close up, "
    "the sentence is begun anew with their word, and the answer says so (`named`)."
)
_LIMITS = (
    "It has read a few thousand photographs of people, dogs and everyday scenes: of other things it "
    "often says what such photographs mostly show ('a man in a red shirt'), fluently and wrongly. "
    "It counts badly, does not read, and mistakes colours. It repeats how annotators wrote about "
    "people, prejudices included: no sentence of it about a person should be relied on. Drawings and "
    "pages of text are outside, and it says so (`outside`). The data's terms allow research and "
    "education."
)


def _card(title: str, data: str) -> dict[str, str]:
    return {"title": title, "what": _WHAT, "data": data, "limits": _LIMITS}


CARDS = {
    "photos": _card("Captions for photographs", f"{FLICKR8K_CARD} Beside them {COCO_CARD}"),
    "flickr8k": _card("Captions in Flickr8k", FLICKR8K_CARD),
    "coco": _card("Captions in a part of COCO", COCO_CARD),
    OWN: _card(
        "Captions for photographs of one's own",
        "A folder of photographs with captions; one in five was held out for the figures. The "
        "photographs belong to whoever made them and are not part of the model.",
    ),
}

"""The registry: one line a case, in the order of the tabs."""

from mm_demo.case import Case
from mm_demo.cases.captioning import CAPTIONING
from mm_demo.cases.clip import CLIP
from mm_demo.cases.fusion import FUSION
from mm_demo.cases.retrieval import RETRIEVAL
from mm_demo.cases.timesformer import TIMESFORMER
from mm_demo.errors import UserError

CASES: tuple[Case, ...] = (
    CLIP,
    TIMESFORMER,
    RETRIEVAL,
    CAPTIONING,
    FUSION,
)  # fmt: skip


def find(name: str) -> Case:
    """The case of that name; UserError where there is none."""
    for case in CASES:
        if case.name == name:
            return case
    raise UserError("case.unknown", name=name, known=", ".join(case.name for case in CASES))

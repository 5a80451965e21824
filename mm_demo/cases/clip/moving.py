"""CLIP's moving picture while it trains."""

from mm_demo import words
from mm_demo.case import Case
from mm_demo.ui import charts
from mm_demo.ui.training_handlers import Preview


def preview(case: Case) -> Preview:
    """The similarity matrix of a few pictures and their sentences."""
    return Preview(
        lambda: charts.matrix(
            words.both(f"{case.name}.moving.title"), words.both(f"{case.name}.moving.empty")
        ),
        charts.matrix_value,
    )

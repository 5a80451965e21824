"""What travels with a checkpoint: metrics.json and the model card, both written by commands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mm_demo import store
from mm_demo.case import Case

README = "README.md"


def record(
    case: Case,
    folder: Path,
    reports: list[dict[str, Any]],
    extra: Mapping[str, Any],
) -> None:
    """Write metrics.json from reports of `evaluate` (one a seed, the first one quoted) and the card.

    `extra` is what else a panel shows of the model, e.g. its reliability.
    """
    first = reports[0]
    spread = {
        name: [min(values), max(values)]
        for name in first["metrics"]
        if (values := [report["metrics"][name] for report in reports])
    }
    metrics = {
        **{key: first[key] for key in ("case", "dataset", "split", "seed", "examples", "metrics")},
        "weights": store.weights_hash(folder),
        "command": f"python -m mm_demo evaluate {case.name} --checkpoint checkpoints/{folder.name} "
        f"--dataset {first['dataset']} --split {first['split']} --seed {first['seed']} "
        + "".join(f"--set {name}={value} " for name, value in first["settings"].items())
        + "--json",
        "seeds": [report["seed"] for report in reports],
        "spread": spread,
        **extra,
    }
    text = card(case, folder.name, store.read_json(folder / store.RUN), metrics)
    with store.editing(folder) as copy:
        store.write_json(copy / store.METRICS, metrics)
        (copy / README).write_text(text, encoding="utf-8")


def card(
    case: Case, name: str, run: Mapping[str, Any], metrics: Mapping[str, Any] | None = None
) -> str:
    """The model card: data and its terms, recipe, command, figures with spread, limits.

    `run` is the content of run.json. Without `metrics`, the figures are those of the dev split
    that the run itself measured.
    """
    command = case.train_command(
        run["dataset"],
        run["preset"],
        case.config().changed(run["config"]),
        f"checkpoints/{name}",
        run["start_from"],
    )
    about = case.module("task", run["dataset"]).CARDS[run["dataset"]]
    lines = [
        "---",
        "license: apache-2.0",
        "library_name: pytorch",
        f"tags: [{case.name}, multimodal]",
        "---",
        f"# {about['title']}",
        "",
        about["what"],
        "",
        "## Data",
        "",
        about["data"],
        "",
        "## Recipe",
        "",
        f"```\n{command}\n```",
        "",
        f"{run['step']:,} steps of {run['config']['batch_size']}, AdamW, warm-up and cosine, "
        f"learning rate {run['config']['learning_rate']:g}, {run['seconds'] / 60:.1f} minutes on "
        f"{run['config']['threads']} processor thread(s).",
        "",
        "## Figures",
        "",
        *_table(case, run, metrics),
        "",
        "## What it cannot do",
        "",
        about["limits"],
        "",
    ]
    return "\n".join(lines)


def _table(case: Case, run: Mapping[str, Any], metrics: Mapping[str, Any] | None) -> list[str]:
    if metrics is None:
        rows = [f"| {name} | {value:.3f} |" for name, value in run["metrics"].items()]
        return [
            "Dev split, measured by the training command.",
            "",
            "| figure | value |",
            "| --- | --- |",
            *rows,
        ]
    seeds = ", ".join(map(str, metrics["seeds"]))
    head = [
        f"Split `{metrics['split']}`, {metrics['examples']:,} examples, seed {metrics['seed']}; "
        f"lowest and highest over the fresh draws {seeds}. Weights {metrics['weights']}.",
        "",
        f"```\n{metrics['command']}\n```",
        "",
        "| figure | value | lowest | highest | the course |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, value in metrics["metrics"].items():
        low, high = metrics["spread"][name]
        claim = case.claims.get(name, "")
        head.append(f"| {name} | {value:.3f} | {low:.3f} | {high:.3f} | {claim} |")
    return head

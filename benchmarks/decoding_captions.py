"""Beam search for 64 pictures at once, against a loop over pictures and hypotheses that re-runs the prefix.

    python -m benchmarks.decoding_captions [rounds]

Fails where a sentence differs. The model is the bundled one of drawn scenes, or one of random
weights and its sizes where there is none. Each side looks at a picture once, which is not timed;
both by processor time, on one thread, in turns: the best of the rounds.
"""

import sys
import time
from collections.abc import Callable

import torch

from mm_demo.cases.captioning import CAPTIONING
from mm_demo.cases.captioning.decode import Words, beam
from mm_demo.cases.captioning.model import ImageCaptioningModel, Looked, SceneCaptioner
from mm_demo.cases.captioning.predict import Predictor
from mm_demo.data.scene_samples import pixels
from mm_demo.data.scenes import scenes_for

PICTURES, WIDTH, LENGTH_PENALTY = 64, 5, 0.7
WORDS, MOST_WORDS = 120, 12  # of random weights, whose sentences do not end


def batched(
    model: ImageCaptioningModel, looked: Looked, words: Words, most: int
) -> list[list[int]]:
    found = beam(model, looked, words, most, width=WIDTH, length_penalty=LENGTH_PENALTY)
    return [several[0] for several in found.ids]


def one_by_one(
    model: ImageCaptioningModel, looked: Looked, words: Words, most: int
) -> list[list[int]]:
    rows = [looked.rows(torch.tensor([row])) for row in range(len(looked.image))]
    return [_best(model, row, words, most) for row in rows]


def _best(model: ImageCaptioningModel, looked: Looked, words: Words, most: int) -> list[int]:
    live: list[tuple[list[int], float]] = [([], 0.0)]
    done: list[tuple[list[int], float]] = []
    for step in range(most):
        weighed = []
        for ids, score in live:
            logits = model.step(torch.tensor([[*words.start, *ids]]), looked)[0][0, -1].clone()
            logits[[*words.never, *([] if step else [words.end])]] = -torch.inf
            gains, following = logits.log_softmax(-1).topk(2 * WIDTH)
            weighed += [
                ([*ids, word], score + gain)
                for word, gain in zip(following.tolist(), gains.tolist(), strict=True)
            ]
        weighed = sorted(weighed, key=lambda each: -each[1])[: 2 * WIDTH]
        done += [
            (ids[:-1], score / step**LENGTH_PENALTY)
            for ids, score in weighed[:WIDTH]
            if ids[-1] == words.end
        ]
        done = sorted(done, key=lambda each: -each[1])[:WIDTH]
        live = [each for each in weighed if each[0][-1] != words.end][:WIDTH]
        if len(done) == WIDTH or (done and done[0][1] >= live[0][1] / most**LENGTH_PENALTY):
            break
    return done[0][0] if done else live[0][0]


def seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    torch.set_num_threads(1)
    torch.manual_seed(0)
    folder = CAPTIONING.checkpoint("scenes")
    if folder.exists():
        predictor = Predictor(folder)
        network, words, most = predictor.model, predictor.words.words("en"), 30
    else:
        network, most = SceneCaptioner(WORDS, image={"width": 32}).eval(), MOST_WORDS
        words = Words((2,), WORDS - 1, (0, 1, 2))
    model, scenes = network.captioner, scenes_for("dev", PICTURES, 0)
    with torch.inference_mode():
        looked = network.look(pixels(scenes, network.pictures.image_size))
        ours = batched(model, looked, words, most)
        assert ours == one_by_one(model, looked, words, most)
        slow, fast = [], []
        for _ in range(rounds):
            slow.append(seconds(lambda: one_by_one(model, looked, words, most)))
            fast.append(seconds(lambda: batched(model, looked, words, most)))
    mean = sum(map(len, ours)) / len(ours)
    print(
        f"beam {WIDTH}, {PICTURES} pictures: {min(slow) / min(fast):.1f} times faster "
        f"({min(slow):.2f} s, {1000 * min(fast):.0f} ms), the same sentences, {mean:.1f} words each"
    )


if __name__ == "__main__":
    main()

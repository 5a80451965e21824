"""Spoken digits by voices that no part of training made: eight of espeak-ng, as stand-ins for strangers.

python -m benchmarks.strangers [checkpoint]      needs Debian's package espeak-ng

Prints for each voice how many of its ten digits, said at three speeds, sound-only recognises, and
the mean. Nothing was trained, tuned or chosen on these voices.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mm_demo.case import CHECKPOINTS
from mm_demo.cases.fusion.predict import Predictor
from mm_demo.media.audio import open_sound

VOICES = (
    "en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-us+f3", "en-gb+m4", "en-us+f5",
)  # fmt: skip
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPEEDS = (120, 150, 180)  # words a minute


def said(voice: str, word: str, speed: int, folder: Path):
    file = folder / "said.wav"
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(file), word]
    subprocess.run(command, check=True, capture_output=True)
    return open_sound(file)


def main() -> None:
    if shutil.which("espeak-ng") is None:
        sys.exit("espeak-ng is not installed")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKPOINTS / "fusion-av_digits"
    predictor = Predictor(folder)
    right: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as place:
        for voice in VOICES:
            heard = [
                predictor.answer(
                    predictor.perceive(None, said(voice, word, s, Path(place))), "audio"
                )
                for word in WORDS
                for s in SPEEDS
            ]
            truth = [str(k) for k in range(10) for _ in SPEEDS]
            right[voice] = sum(a.sounds_like == t for a, t in zip(heard, truth, strict=True))
            print(f"{voice:16} {right[voice]:2} of {len(truth)}")
    total = len(VOICES) * len(WORDS) * len(SPEEDS)
    print(f"accuracy_audio {sum(right.values()) / total:.3f} over {total} words")


if __name__ == "__main__":
    main()

"""Digits seen and heard: splits, labels and layouts on tiny files; the counts on the real ones."""

import gzip
import os
import shutil
import tarfile
import wave
from io import BytesIO

import av
import numpy as np
import pytest

from mm_demo.data import av_digits
from mm_demo.data.av_digits import RATE, at_hand, build, draw_pairs, pictures, recordings
from mm_demo.errors import UserError

TRAIN, DEV, TEST = 23, 5, 7
TAKES = (0, 4, 5, 9, 10, 49)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "data"
    path.mkdir()
    monkeypatch.setenv("MM_DEMO_DATA", str(path))
    monkeypatch.setenv("MM_DEMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(av_digits, "DEV_PICTURES", DEV)
    return path


def idx(array, count=None):
    shape = (len(array) if count is None else count, *array.shape[1:])
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in shape)
    return header + array.tobytes()


def write_mnist(folder, zipped=True):
    """Picture k of a file holds k in every pixel, its digit is k % 10."""
    folder.mkdir(parents=True)
    for name, count in (("train", TRAIN), ("t10k", TEST)):
        numbers = np.arange(count, dtype=np.uint8)
        images = np.broadcast_to(numbers[:, None, None], (count, 28, 28))
        for kind, array in (("images-idx3", images), ("labels-idx1", numbers % 10)):
            write(folder / f"{name}-{kind}-ubyte", idx(array), zipped)


def write(path, content, zipped):
    if zipped:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(content))
    else:
        path.write_bytes(content)


def tone(seconds, rate=8000, hertz=440):
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(
        "<i2"
    )


def wav(samples, rate=8000):
    file = BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def flac(samples, rate=8000):
    file = BytesIO()
    with av.open(file, "w", format="flac") as out:
        stream = out.add_stream("flac", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return file.getvalue()


def names(ending="wav"):
    return [
        f"{digit}_{speaker}_{take}.{ending}"
        for take in TAKES
        for speaker in ("theo", "george")
        for digit in (7, 0)
    ]


def write_tar(path, files):
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"recordings/{name}")
            member.size = len(content)
            tar.addfile(member, BytesIO(content))


def write_fsdd(folder):
    write_tar(folder / "fsdd.tar", dict.fromkeys(names(), wav(tone(0.5))))


@pytest.mark.parametrize("layout", ["mnist", "MNIST/raw"])
@pytest.mark.parametrize("zipped", [True, False])
def test_pictures_are_split_by_their_order(folder, layout, zipped):
    write_mnist(folder / layout, zipped)
    numbers = {split: pictures(split).images[:, 3, 4].tolist() for split in av_digits.SPLITS}
    assert numbers["train"] == list(range(TRAIN - DEV))
    assert numbers["dev"] == list(range(TRAIN - DEV, TRAIN))
    assert numbers["test"] == list(range(TEST))
    for split in av_digits.SPLITS:
        found = pictures(split)
        assert found.images.dtype == np.uint8
        assert found.images.shape[1:] == (28, 28)
        assert found.labels.dtype == np.int64
        assert found.labels.tolist() == [number % 10 for number in numbers[split]]
        assert pictures(split) is found


@pytest.mark.parametrize(
    "content",
    [
        idx(np.zeros(TRAIN, np.uint8))[:-1],
        idx(np.zeros(TRAIN, np.uint8)) + b"\0",
        idx(np.zeros(TRAIN, np.uint8), count=TRAIN + 1),
        idx(np.zeros(TRAIN, np.uint8), count=TRAIN - 1),
        idx(np.zeros(TRAIN - 1, np.uint8)),  # fewer than pictures
        idx(np.full(TRAIN, 10, np.uint8)),
        idx(np.zeros((TRAIN, 28, 28), np.uint8)),  # pictures under the labels' name
        idx(np.zeros(TRAIN, np.uint8), count=2**32 - 1),
        b"\0\0\x08",
        b"",
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_against_its_header_is_broken(folder, content, zipped):
    write_mnist(folder / "mnist", zipped)
    write(folder / "mnist" / "train-labels-idx1-ubyte", content, zipped)
    for split in ("train", "dev"):
        with pytest.raises(UserError) as caught:
            pictures(split)
        assert caught.value.key == "data.broken"
        assert caught.value.facts["file"].startswith("train-labels-idx1-ubyte")
    assert len(pictures("test").labels) == TEST


def test_other_pictures_and_half_a_gzip_file_are_broken(folder):
    write_mnist(folder / "mnist")
    path = folder / "mnist" / "t10k-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    square = gzip.compress(idx(np.zeros((TEST, 32, 32), np.uint8)))
    for content in (whole[:-9], whole[:40], square, b"\x1f\x8bnothing"):
        path.write_bytes(content)
        with pytest.raises(UserError) as caught:
            pictures("test")
        assert caught.value.facts == {"file": path.name}


def test_too_few_pictures_to_train_on(folder, monkeypatch):
    write_mnist(folder / "mnist")
    monkeypatch.setattr(av_digits, "DEV_PICTURES", TRAIN)
    with pytest.raises(UserError, match=r"data\.broken"):
        pictures("train")


def check_recordings():
    seen = set()
    for split, takes in (("test", {0, 4}), ("dev", {5, 9}), ("train", {10, 49})):
        found = recordings(split)
        assert set(found.takes.tolist()) == takes
        rows = list(zip(found.labels.tolist(), found.speakers.tolist(), found.takes.tolist(),
                        strict=True))  # fmt: skip
        assert rows == sorted(rows)
        assert {row[:2] for row in rows} == {(d, s) for d in (0, 7) for s in ("george", "theo")}
        assert len(rows) == 8
        assert not seen & set(rows)
        seen |= set(rows)
        assert found.waves.shape == (8, RATE)
        assert found.waves.dtype == np.float32
        assert recordings(split) is found
    return seen


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_recordings_of_a_tar_are_split_by_take(folder, ending):
    content = {"wav": wav, "flac": flac}[ending](tone(0.5))
    write_tar(folder / "fsdd.tar", dict.fromkeys(names(ending), content))
    assert len(check_recordings()) == 24


@pytest.mark.parametrize("layout", av_digits._FSDD_FOLDERS)
def test_recordings_of_a_folder_are_split_by_take(folder, layout):
    (folder / layout).mkdir(parents=True)
    for name in names():
        (folder / layout / name).write_bytes(wav(tone(0.5)))
    check_recordings()


def test_a_recording_goes_with_its_own_name(folder):
    """The tar's order is not the sorted one; each digit and take has a pitch of its own."""
    files = {
        f"{digit}_theo_{take}.wav": wav(tone(0.5, hertz=200 + 100 * digit + 10 * take))
        for take in (9, 0, 11, 1, 12, 8)
        for digit in (9, 3)
    }
    write_tar(folder / "fsdd.tar", files)
    for split in av_digits.SPLITS:
        found = recordings(split)
        for samples, digit, take in zip(found.waves, found.labels, found.takes, strict=True):
            spectrum = np.abs(np.fft.rfft(samples))  # a second, so a bin a hertz
            assert abs(spectrum.argmax() - (200 + 100 * digit + 10 * take)) <= 1


def test_a_short_recording_lies_in_the_middle_at_16_khz(folder):
    write_fsdd(folder)
    (samples, *_) = recordings("test").waves
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    assert abs(loud[0] - 4000) < 40
    assert abs(loud[-1] - 12000) < 40
    middle = samples[5000:11000]
    assert np.abs(middle).max() == pytest.approx(8000 / 2**15, rel=0.03)
    expected = 8000 / 2**15 * np.sin(2 * np.pi * 440 * np.arange(1000, 7000) / RATE)
    assert np.abs(middle - expected).max() < 0.01


def test_a_long_recording_is_cut_around_its_loudest_part(folder):
    quiet = np.zeros(8000, "<i2")
    long = np.concatenate([quiet, quiet, tone(0.4), quiet[:4000]])  # the word begins after 2 s
    files = dict.fromkeys(names(), wav(tone(0.5))) | {"0_george_0.wav": wav(long)}
    write_tar(folder / "fsdd.tar", files)
    loud = np.flatnonzero(np.abs(recordings("test").waves[0]) > 0.01)
    assert abs(loud[0] + loud[-1] - RATE) < 500
    assert abs(loud[-1] - loud[0] - 0.4 * RATE) < 80


def test_what_was_decoded_is_read_again(folder, monkeypatch):
    write_fsdd(folder)
    first = recordings("dev").waves
    av_digits._recordings.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(av_digits, "_decode", None)
        assert np.array_equal(first, recordings("dev").waves)
    write_tar(folder / "fsdd.tar", dict.fromkeys(names(), wav(tone(0.25))))  # another source
    assert not np.array_equal(first, recordings("dev").waves)


def test_names_that_do_not_fit_are_skipped_and_counted(folder):
    write_mnist(folder / "mnist")
    others = ("README.md", "._0_theo_0.wav", "0_nobody_0.wav", "10_theo_0.wav", "0_theo_x.wav")
    files = dict.fromkeys(others, b"?") | dict.fromkeys(names(), wav(tone(0.5)))
    write_tar(folder / "fsdd.tar", files)
    assert len(check_recordings()) == 24
    *lines, last = build()
    assert len(lines) == 6
    assert "18 pictures" in lines[0]
    assert "8 recordings" in lines[-1]
    assert last.startswith("5 files skipped")


def test_broken_recordings_are_named(folder):
    whole = dict.fromkeys(names(), wav(tone(0.5)))
    for broken in (b"", b"nothing", wav(tone(0))):
        write_tar(folder / "fsdd.tar", whole | {"7_theo_9.wav": broken})
        with pytest.raises(UserError) as caught:
            recordings("dev")
        assert caught.value.key == "data.broken"
        assert caught.value.facts == {"file": "7_theo_9.wav"}
    write_fsdd(folder)
    content = (folder / "fsdd.tar").read_bytes()
    for part in (b"", b"no tar" * 1000, content[:9000]):
        (folder / "fsdd.tar").write_bytes(part)
        with pytest.raises(UserError) as caught:
            recordings("dev")
        assert caught.value.facts == {"file": "fsdd.tar"}


def test_what_is_missing_is_said(folder, monkeypatch):
    for call, what in ((pictures, "MNIST"), (recordings, "Free Spoken Digit Dataset")):
        with pytest.raises(UserError) as caught:
            call("test")
        assert caught.value.key == "data.missing"
        assert caught.value.facts["what"] == what
        assert set(caught.value.facts) == {"what", "layout", "source"}
    there, line = at_hand()
    assert not there
    assert "MNIST is missing" in line
    assert "Free Spoken Digit Dataset is missing" in line
    write_mnist(folder / "mnist")
    there, line = at_hand()
    assert not there
    assert "MNIST is" not in line
    write_fsdd(folder)
    assert at_hand() == (True, "mnist; fsdd.tar")
    (folder / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert not at_hand()[0]
    shutil.rmtree(folder)
    for named in (str(folder), ""):
        monkeypatch.setenv("MM_DEMO_DATA", named)
        assert not at_hand()[0]
        with pytest.raises(UserError, match=r"data\.no_folder"):
            pictures("test")
    monkeypatch.delenv("MM_DEMO_DATA")
    with pytest.raises(UserError, match=r"data\.no_folder"):
        recordings("test")


def test_unknown_splits_are_refused():
    for call in (pictures, recordings):
        with pytest.raises(ValueError, match="one of train, dev, test"):
            call("val")


def test_pairs_are_of_one_digit_and_the_same_again():
    rng = np.random.default_rng(0)
    seen, heard = rng.integers(0, 10, 500), rng.integers(0, 10, 200)
    rows, partners = draw_pairs(seen, heard, 3)
    assert rows.tolist() == list(range(500))
    assert np.array_equal(seen[rows], heard[partners])
    assert len(set(partners.tolist())) > 150
    assert np.array_equal(partners, draw_pairs(seen, heard, 3)[1])
    assert not np.array_equal(partners, draw_pairs(seen, heard, 4)[1])

    some, theirs = draw_pairs(seen, heard, 3, count=100)
    assert len(set(some.tolist())) == 100
    assert np.array_equal(partners[some], theirs)
    fewer, _ = draw_pairs(seen, heard, 3, count=40)
    assert np.array_equal(fewer, some[:40])
    assert not np.array_equal(some, draw_pairs(seen, heard, 4, count=100)[0])
    with pytest.raises(ValueError, match="no recording of digit 2"):
        draw_pairs(np.array([1, 2]), np.array([1, 1]), 0)


@pytest.mark.skipif(not os.environ.get("MM_DEMO_DATA"), reason="MM_DEMO_DATA is not set")
def test_the_real_sets():
    assert at_hand()[0]
    assert [len(pictures(s).labels) for s in ("train", "dev", "test")] == [10_000, 2_000, 10_000]
    assert [len(recordings(s).labels) for s in ("train", "dev", "test")] == [2_400, 300, 300]
    for split in ("train", "dev", "test"):
        assert set(pictures(split).labels.tolist()) == set(range(10))
        found = recordings(split)
        assert set(found.speakers.tolist()) == set(av_digits.SPEAKERS)
        assert (np.abs(found.waves).max(axis=1) > 0.005).all()

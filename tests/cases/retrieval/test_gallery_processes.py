"""The gallery among processes: kills, readers beside a writer, places that cannot be written or read."""

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from lancedb.merge import LanceMergeInsertBuilder

from mm_demo.cases.retrieval.gallery import Gallery
from mm_demo.errors import UserError
from mm_demo.words import say_error
from tests.cases.retrieval.gallery_pictures import DIM, embed, pictures

COMMON = """
import json, os, random, signal, sys, time, warnings
import numpy as np
from mm_demo.cases.retrieval.gallery import Gallery
from mm_demo.errors import UserError
from tests.cases.retrieval.gallery_pictures import embed, pictures
"""
KILLED = """
warnings.simplefilter("ignore")  # LanceDB on fork: its threads have not begun here
place, log = sys.argv[1:]
moments = random.Random(0)
for seed in range(20):
    child = os.fork()
    if child == 0:
        file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for said in Gallery(place).add(pictures(5000, seed), embed, "m"):
            os.write(file, json.dumps([seed, said.done]).encode() + b"\\n")
        os._exit(1)
    time.sleep(moments.uniform(0.0, 0.6))
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1]), "it ended by itself"
"""


ONES = np.ones(DIM, np.float32)


def started(code, *arguments, **how):
    return subprocess.Popen(
        [sys.executable, "-c", COMMON + textwrap.dedent(code), *map(str, arguments)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        **how,
    )


def finished(process, seconds=120):
    said, wrong = process.communicate(timeout=seconds)
    assert process.returncode == 0, wrong
    return said


def make(place, count=20):
    list(Gallery(place).add(pictures(count, 0), embed, "m"))


def everything(place):
    return {
        str(path): path.read_bytes() for path in sorted(Path(place).rglob("*")) if path.is_file()
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a fork")
def test_each_acknowledged_picture_outlives_a_kill(tmp_path):
    place, log = tmp_path / "gallery", tmp_path / "log"
    finished(started(KILLED, place, log))
    acknowledged = {}
    for line in log.read_text().splitlines():
        seed, done = json.loads(line)
        acknowledged[seed] = max(done, acknowledged.get(seed, 0))
    assert len(acknowledged) > 10  # not all were killed before they said anything
    gallery = Gallery(place)
    kept = set(gallery.embeddings("m")[0])
    for seed, count in acknowledged.items():
        again = Gallery(tmp_path / f"expected-{seed}")
        list(again.add(pictures(count, seed), embed, "m"))
        assert kept >= set(again.embeddings("m")[0])
    list(gallery.reembed(embed, "m"))
    gallery.compact()
    assert gallery.outdated("m") == 0
    assert gallery.count("m") == len(list(gallery.items())) >= len(kept)
    assert set(gallery.embeddings("m")[0]) >= kept


READER = """
gallery, seen, query = Gallery(sys.argv[1]), 0, np.ones(16, np.float32)
while seen < 300:
    hits = gallery.search(query, 10, model="m")
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert len(gallery.thumbnails([hit.id for hit in hits])) == len(hits)
    now = gallery.count("m")
    assert now >= seen
    seen = now
print(seen)
"""


def test_processes_and_threads_read_while_one_writes(tmp_path):
    place = tmp_path / "gallery"
    make(place, 1)
    readers = [started(READER, place) for _ in range(2)]
    gallery, wrong, done = Gallery(place), [], threading.Event()

    def look():
        try:
            while not done.is_set():
                gallery.search(ONES, 10, model="m")
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    writer = Gallery(place)
    for seed in range(1, 11):
        list(writer.add(pictures(30, seed), embed, "m"))
        assert gallery.count("m") >= 30 * seed  # what another handle has acknowledged is seen
        writer.compact()
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert {int(finished(reader)) for reader in readers} == {301}


def test_two_processes_add_the_same_at_once_and_none_is_doubled(tmp_path):
    code = """
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in Gallery(sys.argv[1]).add(pictures(900, 0), embed, "m"):
        pass
    """
    both = [started(code, tmp_path / "gallery", stdin=subprocess.PIPE) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        finished(process)
    gallery = Gallery(tmp_path / "gallery")
    ids = gallery.embeddings("m")[0]
    assert len(ids) == len(set(ids)) == len(list(gallery.items())) == 900


READ_ONLY = """
place, scratch = sys.argv[1:]


def changes(gallery):
    yield lambda: list(gallery.add(pictures(5, 9, "own"), embed, "m"))
    yield lambda: list(gallery.reembed(embed, "other"))
    yield lambda: gallery.delete([item.id for item in gallery.items()])
    yield lambda: gallery.compact()
    yield lambda: gallery.forget("m")
    yield lambda: list(Gallery(f"{gallery.place}/new").add(pictures(5, 9), embed, "m"))


for change in changes(Gallery(scratch)):
    change()  # what is imported late is imported while all may be read
if os.getuid() == 0:
    os.setuid(65534)
gallery = Gallery(place)
assert gallery.count("m") == len(list(gallery.items())) == 21
for change in changes(gallery):
    try:
        change()
    except UserError as error:
        print(error.key)
    else:
        print("written")
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="permissions as on Unix")
def test_a_folder_that_may_only_be_read_is_searched_and_not_written(tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest" in str(folder):  # made for root alone, who may write anywhere
            folder.chmod(0o755)
    place = tmp_path / "gallery"
    make(place)
    list(Gallery(place).add(pictures(1, 5, "own"), embed, "m"))
    before = everything(place)
    paths = [place, *place.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        said = finished(started(READ_ONLY, place, tmp_path / "scratch"))
    finally:
        for path in paths:
            path.chmod(0o755)
    assert said.split() == ["gallery.read_only"] * 6
    assert everything(place) == before


def wreck_data(place):
    for path in place.rglob("data/*"):
        path.write_bytes(b"junk" * 100)


def wreck_versions(place):
    for path in place.rglob("*.manifest"):
        path.write_bytes(b"junk" * 100)


def lose_versions(place):
    for path in place.rglob("_versions/*"):
        path.unlink()


def lose_data(place):
    for path in place.rglob("data/*"):
        path.unlink()


@pytest.mark.parametrize("wreck", [wreck_data, wreck_versions, lose_versions, lose_data])
def test_a_damaged_gallery_is_named_and_left_as_it_is(tmp_path, wreck):
    place = tmp_path / "gallery"
    make(place)
    wreck(place)
    before = everything(place)
    for use in (
        lambda: Gallery(place).search(ONES, 3, model="m"),
        lambda: list(Gallery(place).items()),
        lambda: list(Gallery(place).add(pictures(5, 1), embed, "m")),
    ):
        with pytest.raises(UserError, match=r"gallery\.damaged") as caught:
            use()
        assert "gallery" in say_error("en", caught.value.without_paths())
    assert everything(place) == before


@pytest.mark.parametrize("mark", ["2", None])
def test_a_gallery_of_another_version_is_named_and_left_as_it_is(tmp_path, mark):
    import lancedb
    import pyarrow as pa

    place = tmp_path / "gallery"
    schema = pa.schema([("id", pa.string())], metadata=mark and {"mm_demo.gallery": mark})
    lancedb.connect(place).create_table("pictures", schema=schema)
    before = everything(place)
    with pytest.raises(UserError, match=r"gallery\.other_version") as caught:
        list(Gallery(place).add(pictures(5, 1), embed, "m"))
    assert caught.value.facts["found"] == (mark or "?")
    assert everything(place) == before


def test_a_file_is_no_place_for_a_gallery(tmp_path):
    place = tmp_path / "file"
    place.write_text("mine")
    with pytest.raises(UserError, match=r"gallery\.not_a_folder"):
        Gallery(place).count("m")
    with pytest.raises(UserError, match=r"gallery\.not_a_folder"):
        list(Gallery(place).add(pictures(5, 1), embed, "m"))
    assert place.read_text() == "mine"


def test_a_gallery_is_kept_in_a_bucket_as_in_a_folder(monkeypatch):
    moto = pytest.importorskip("moto.server", reason="needs moto[server], an S3 emulator")
    import boto3

    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        address = "http://{}:{}".format(*server.get_host_and_port())
        settings = {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "REGION": "us-east-1"}
        settings |= {"DEFAULT_REGION": "us-east-1", "ENDPOINT": address, "ALLOW_HTTP": "true"}
        for name, value in settings.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        boto3.client("s3", endpoint_url=address).create_bucket(Bucket="pictures")
        gallery = Gallery("s3://pictures/gallery")
        assert gallery.count("m") == 0
        list(gallery.add([*pictures(70, 0), *pictures(1, 5, "own")], embed, "m"))
        assert gallery.count("m") == 71
        own = [item.id for item in gallery.items() if item.source == "own"]
        assert gallery.delete(own) == 1
        list(gallery.reembed(embed, "n"))
        gallery.compact()
        assert gallery.count("m") == gallery.count("n") == 70
        other = Gallery("s3://pictures/gallery")
        hits = other.search(ONES, 5, model="m")
        assert len(other.thumbnails([hit.id for hit in hits])) == 5
        monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:1")
        with pytest.raises(UserError, match=r"gallery\.unreachable"):
            Gallery("s3://pictures/gallery").count("m")
    finally:
        server.stop()


def test_three_hundred_pictures_are_added_while_eight_threads_search(tmp_path):
    gallery = Gallery(tmp_path / "gallery")
    wrong, done, searches = [], threading.Event(), [0] * 8

    def look(number):
        rng = np.random.default_rng(number)
        try:
            while not done.is_set():
                query = rng.standard_normal(DIM).astype(np.float32)
                before = gallery.count("m")
                assert len(gallery.search(query, 10, model="m")) >= min(10, before)
                searches[number] += 1
                time.sleep(0.001)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=look, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    list(gallery.add(pictures(300, 0), embed, "m"))
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert min(searches) > 0
    assert gallery.count("m") == 300


@pytest.mark.parametrize(("losses", "told"), [(4, None), (5, "gallery.busy")])
def test_a_commit_that_others_are_faster_than_is_tried_again(tmp_path, monkeypatch, losses, told):
    place = tmp_path / "gallery"
    make(place, 5)
    gallery, lost = Gallery(place), []
    honest = LanceMergeInsertBuilder.execute

    def slower(self, rows):
        if len(lost) < losses:
            lost.append(rows)
            raise RuntimeError("Commit conflict for version 7")
        return honest(self, rows)

    monkeypatch.setattr(LanceMergeInsertBuilder, "execute", slower)
    if told is None:
        list(gallery.add(pictures(5, 1), embed, "m"))
    else:
        with pytest.raises(UserError, match=told):
            list(gallery.add(pictures(5, 1), embed, "m"))
    assert len(lost) == losses
    assert gallery.count("m") == (10 if told is None else 5)

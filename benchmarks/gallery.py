"""The gallery's search against faiss and against an index, and what adding costs those who search.

python -m benchmarks.gallery search [rounds]      needs faiss-cpu
python -m benchmarks.gallery index [pictures]      needs Flickr8k
python -m benchmarks.gallery adding [pictures]

search: the exact ten best of 100,000 x 256, through the gallery's own call, thumbnails not fetched,
and by faiss.IndexFlatIP, in turns, one query at a time; LanceDB's own flat search beside them.
index: recall and time of LanceDB's IVF_FLAT, by partitions looked into, against the gallery's exact
search, in turns: Flickr8k's photographs as the bundled model sees them, asked for by test captions.
adding: eight clients ask ten times a second each, in turns while pictures are added and while
nothing else happens for as long; clients and adding are threads of one process.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mm_demo.cases.retrieval.gallery import Gallery
from mm_demo.cases.retrieval.gallery_items import New
from mm_demo.cases.retrieval.gallery_tables import embeddings_name, embeddings_schema
from mm_demo.media.image import Picture

DIM = 256
CLIENTS = 8
PARTITIONS = 1264  # four times the root of 100,000
ROUNDS = 10


def unit(rng: np.random.Generator, rows: int) -> NDArray[np.float32]:
    vectors = rng.standard_normal((rows, DIM), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def filled(vectors: NDArray[np.float32]) -> Gallery:
    """A gallery with these embeddings and nothing to look at."""
    gallery, count = Gallery(tempfile.mkdtemp()), len(vectors)
    columns = {
        "id": [f"{n:032x}" for n in range(count)],
        "caption": [f"picture {n}" for n in range(count)],
        "source": ["scenes"] * count,
        "owner": [""] * count,
        "width": [64] * count,
        "height": [64] * count,
        "model": ["m"] * count,
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIM),
    }
    gallery.tables.merge(embeddings_name("m"), pa.table(columns, schema=embeddings_schema(DIM)))
    return gallery


def search(rounds: int) -> None:
    import faiss

    vectors = unit(np.random.default_rng(0), 100_000)
    gallery, index = filled(vectors), faiss.IndexFlatIP(DIM)
    index.add(vectors)
    table = gallery.tables.get(embeddings_name("m"))
    begin = time.perf_counter()
    gallery.count("m")
    print(f"read into memory in {time.perf_counter() - begin:.2f} s")

    def by_lance(query: NDArray[np.float32]) -> list[str]:
        found = table.search(query, vector_column_name="embedding").distance_type("dot")
        return found.select(["id", "_distance"]).limit(10).to_arrow()["id"].to_pylist()

    ways: dict[str, Callable[[NDArray[np.float32]], list[str]]] = {
        "faiss": lambda q: [f"{n:032x}" for n in index.search(q[None], 10)[1][0]],
        "gallery": lambda q: [hit.id for hit in gallery.search(q, 10, model="m")],
        "lancedb": by_lance,
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number, query in enumerate(unit(np.random.default_rng(1), rounds + 1)):
        answers = {}
        for name, way in ways.items():
            begin = time.perf_counter()
            answers[name] = way(query)
            if number:  # the first warms up
                taken[name].append(time.perf_counter() - begin)
        assert answers["gallery"] == answers["faiss"], "not the same ten"
    middle = {name: statistics.median(times) for name, times in taken.items()}
    for name, seconds in middle.items():
        print(f"{name:8} {1e3 * seconds:6.2f} ms, {seconds / middle['faiss']:.2f} of faiss")


def photographs(count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`count` unit vectors of photographs, and 5,000 of the test photographs' captions.

    There are 8,000; each further one lies between one of them and one of its ten nearest.
    """
    from mm_demo.cases.retrieval import RETRIEVAL
    from mm_demo.cases.retrieval.photos.predict import Predictor
    from mm_demo.data.photo_pairs import pairs_at_once, read

    encoders = Predictor(RETRIEVAL.checkpoint("photos")).encoders
    parts = []
    for split in ("train", "dev", "test"):
        found = read("flickr8k", split)
        if split != "test":  # whose captions nobody asks for
            found = replace(found, captions=tuple(said[:1] for said in found.captions))
        pairs = pairs_at_once(found, encoders.model.backbones, mirrored=True)
        parts.append(encoders.images_of(pairs).numpy())
    there = np.concatenate(parts)
    nearest = np.argsort(-(there @ there.T), axis=1)[:, 1:11]
    rng, more = np.random.default_rng(0), max(0, count - len(there))
    rows = rng.integers(0, len(there), more)
    share = rng.uniform(0.1, 0.5, (more, 1)).astype(np.float32)
    mixed = there[rows] + share * (there[nearest[rows, rng.integers(0, 10, more)]] - there[rows])
    vectors = np.concatenate([there, mixed])[:count]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, encoders.texts(pairs.sentences).numpy()


def index(count: int) -> None:
    from lancedb.index import IvfFlat

    vectors, captions = photographs(count)
    gallery = filled(vectors)
    table = gallery.tables.get(embeddings_name("m"))
    begin = time.perf_counter()
    made = IvfFlat(distance_type="dot", num_partitions=PARTITIONS)
    table.create_index("embedding", config=made)
    print(f"{count} pictures, {PARTITIONS} partitions, made in {time.perf_counter() - begin:.1f} s")
    gallery.count("m")
    taken: dict[str, list[float]] = {}
    right: dict[str, list[float]] = {}
    asked = np.random.default_rng(1).choice(len(captions), 61, replace=False)
    for number, query in enumerate(captions[asked]):
        exact: set[str] = set()
        for probes in (0, 4, 16, 64):
            begin = time.perf_counter()
            if probes:
                finding = table.search(query, vector_column_name="embedding").nprobes(probes)
                finding = finding.distance_type("dot").select(["id", "caption", "_distance"])
                found = set(finding.limit(10).to_arrow()["id"].to_pylist())
            else:
                found = exact = {hit.id for hit in gallery.search(query, 10, model="m")}
            if number:  # the first warms up
                name = f"{probes} partitions" if probes else "exact"
                taken.setdefault(name, []).append(time.perf_counter() - begin)
                right.setdefault(name, []).append(len(found & exact) / 10)
    for name, times in taken.items():
        recall = statistics.mean(right[name])
        print(f"{name:14} {1e3 * statistics.median(times):6.2f} ms, recall@10 {recall:.3f}")


def pictures(count: int) -> Iterator[New]:
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        yield New(Picture(pixels, (64, 64)), f"picture {number}", "scenes")


def embed(opened: list[Picture]) -> NDArray[np.float32]:
    return np.stack([picture.pixels[0].ravel().repeat(2)[:DIM] for picture in opened]) / np.float32(
        4096
    )


class Clients:
    """Eight that search until they are told to stop; `taken` collects the seconds of each search."""

    def __init__(self, gallery: Gallery, taken: list[float], errors: list[Exception]) -> None:
        self.gallery, self.taken, self.errors = gallery, taken, errors
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(CLIENTS)]

    def _ask(self, number: int) -> None:
        rng = np.random.default_rng(number)
        try:
            while not self.done.wait(rng.uniform(0.05, 0.15)):
                query = unit(rng, 1)[0]
                begin = time.perf_counter()
                self.gallery.search(query, 10, model="m")
                self.taken.append(time.perf_counter() - begin)
        except Exception as error:
            self.errors.append(error)

    def __enter__(self) -> None:
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join()


def adding(count: int) -> None:
    gallery = Gallery(tempfile.mkdtemp())
    new = pictures(1000 + count)
    for _ in gallery.add(islice(new, 1000), embed, "m"):
        pass
    idle: list[float] = []
    busy: list[float] = []
    errors: list[Exception] = []
    seconds = 0.0
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        with Clients(gallery, busy, errors):
            for _ in gallery.add(islice(new, count // ROUNDS), embed, "m"):
                pass
        taken = time.perf_counter() - begin
        with Clients(gallery, idle, errors):
            time.sleep(taken)
        seconds += taken
    lost = 1000 + count // ROUNDS * ROUNDS - gallery.count("m")
    print(f"{count} pictures in {seconds:.1f} s, {lost} lost, {len(errors)} errors")
    p95 = {}
    for name, times in (("idle", idle), ("adding", busy)):
        p95[name] = float(np.percentile(times, 95))
        middle = statistics.median(times)
        print(
            f"{name:6} {len(times)} searches, median {1e3 * middle:.2f} ms, "
            f"p95 {1e3 * p95[name]:.2f} ms"
        )
    print(f"p95 while adding, against idle: {p95['adding'] / p95['idle']:.1f}")


def main() -> None:
    what, number = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    if what == "search":
        search(number or 100)
    elif what == "index":
        index(number or 100_000)
    else:
        adding(number or 10_000)


if __name__ == "__main__":
    main()

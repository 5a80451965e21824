"""`/retrieval_search` and `/retrieval_add` through a real client: answers, and a sentence for every mistake."""

import zipfile

import gradio_client
import pytest
from gradio.media import get_image
from PIL import Image

from mm_demo.cases.retrieval import RETRIEVAL
from mm_demo.data.scenes import compose, draw

pytestmark = pytest.mark.skipif(
    not RETRIEVAL.checkpoint("scenes").is_dir(), reason="no model for drawn scenes is bundled"
)


photographs = pytest.mark.skipif(
    not RETRIEVAL.checkpoint("photos").is_dir(), reason="no model for photographs is bundled"
)


@pytest.fixture(scope="module", autouse=True)
def _gallery_of_its_own(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MM_DEMO_GALLERY", str(tmp_path_factory.mktemp("gallery")))
        patch.delenv("MM_DEMO_PUBLIC", raising=False)
        yield


def search(client, text="", image=None, k=5, model="scenes"):
    given = gradio_client.handle_file(str(image)) if image else None
    return client.predict(text, given, k, model, api_name="/retrieval_search")


def add(client, *files):
    given = [gradio_client.handle_file(str(file)) for file in files]
    return client.predict(given, api_name="/retrieval_add")


def said(call, *arguments, **more):
    with pytest.raises(gradio_client.exceptions.AppError) as refused:
        call(*arguments, **more)
    return str(refused.value)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A picture that is not in the gallery: three purple fish."""
    path = tmp_path_factory.mktemp("scene") / "fish.png"
    things = [("fish", "purple", "small", place) for place in ("left", "centre", "right")]
    Image.fromarray(draw(compose(things, "desert"), 200)).save(path)
    return path


def test_words_find_pictures_best_first(client):
    answer = search(client, "a red boat at night", k=5)
    assert answer["model"] == "retrieval-scenes"
    assert len(answer["results"]) == 5
    scores = [hit["score"] for hit in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert {hit["source"] for hit in answer["results"]} == {"scenes"}
    assert answer["sentences"] == []
    assert answer["unknown"] == []


def test_an_unknown_word_is_named_and_the_rest_searched(client):
    answer = search(client, "boat dinghy")
    assert answer["unknown"] == ["dinghy"]
    assert answer["results"]


def test_a_negative_term_moves_the_answer(client):
    plain, less = search(client, "sea", k=20), search(client, "sea -boat", k=20)
    assert [hit["id"] for hit in plain["results"]] != [hit["id"] for hit in less["results"]]


def test_a_picture_added_is_found_by_itself_and_told_its_sentences(client, scene, tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        archive.write(scene, "fish.png")
    assert add(client, scene)["new"] == 1
    assert add(client, tmp_path / "mine.zip") == {"new": 0, "duplicates": 1, "broken": 0, "own": 1}
    answer = search(client, image=scene, k=3)
    assert answer["results"][0]["source"] == "own"
    assert answer["results"][0]["score"] > 0.9
    assert len(answer["sentences"]) == 5


@photographs
def test_a_photograph_finds_its_like_and_what_is_said_of_it(client, tmp_path):
    image = Image.open(get_image("lion.jpg")).convert("RGB")
    width, height = image.size
    image.crop((width // 10, 0, width, 9 * height // 10)).save(tmp_path / "mine.jpg")
    answer = search(client, image=tmp_path / "mine.jpg", k=3, model="photos")
    assert answer["model"] == "retrieval-photos"
    assert {hit["source"] for hit in answer["results"]} == {"packages"}
    best, second, _ = answer["results"]
    assert "lion" in best["caption"]
    assert best["score"] > second["score"] + 0.1
    assert "lion" in answer["sentences"][0]["sentence"]

    def place_of_the_flower(text):
        found = search(client, text, tmp_path / "mine.jpg", k=8, model="photos")["results"]
        return next(n for n, hit in enumerate(found) if "flower" in hit["caption"])

    assert place_of_the_flower("a flower") < place_of_the_flower("")


@photographs
def test_the_photographs_model_says_that_it_reads_english_only(client):
    assert "Say it in English" in said(search, client, "夜晚的塔", model="photos")
    answer = search(client, "tower 夜晚", k=1, model="photos")
    assert answer["unknown"] == ["夜晚"]
    assert "Tower" in answer["results"][0]["caption"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"text": " "}, "Nothing to look for."),
        ({"text": "-boat"}, "Only what you do not want is said."),
        ({"text": "лодка"}, "The model knows none of these words"),
        ({"text": "boat", "k": 0}, "The number of results is from 1 to 1,000."),
        ({"text": "boat", "model": "nope"}, "There is no model “nope” here."),
        ({"text": "boat", "model": "run-1"}, "There is no model “run-1” of yours."),
    ],
)
def test_a_mistake_is_told_in_a_sentence(client, query, sentence):
    assert sentence in said(search, client, **query)


def test_what_cannot_be_added_is_told(client, tmp_path):
    (tmp_path / "note.png").write_text("no picture")
    told = said(add, client, tmp_path / "note.png")
    assert "can be opened" in told
    assert str(tmp_path) not in told


def test_only_the_named_endpoints_are_public(client):
    told = client.view_api(return_format="dict")
    of_retrieval = {name for name in told["named_endpoints"] if "retrieval" in name}
    assert of_retrieval == {"/retrieval_search", "/retrieval_add", "/retrieval_train"}

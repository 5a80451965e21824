"""Try captioning in a real browser, with the bundled model."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from mm_demo.cases.captioning import CAPTIONING
from mm_demo.ui.composer import drawn

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CAPTIONING.checkpoint().is_dir(), reason="checkpoints/captioning-scenes is not there"
    ),
]
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
SPEECH = """() => {
  window.spoken = [];
  Object.defineProperty(window, 'speechSynthesis', { configurable: true, value: {
    cancel() { window.spoken.push('cancel'); },
    speak(said) { window.spoken.push([said.text, said.lang]); window.saying = said; },
  } });
  window.SpeechSynthesisUtterance = function (text) { this.text = text; };
}"""
SCENE = "sea.boat-red-large-left.house-green-small-right"


@pytest.fixture
def tab(open_page, page_url):
    """A function: tab(query="&lang=en", **options) -> the page with captioning's Try panel open."""

    def opened(query="&lang=en", **options):
        page = open_page(f"{page_url}?case=captioning&panel=try{query}", **options)
        page.wait_for_selector("#captioning-method", state="visible")
        return page

    return opened


def scene(page, index=0):
    """Choose an example and wait for its answer."""
    before = page.locator("#captioning-foot [data-link]").all()
    link = before[0].get_attribute("data-link") if before else ""
    page.locator(f"#captioning-thumbs [data-index='{index}']").click()
    page.wait_for_function(
        "(was) => { const l = document.querySelector('#captioning-foot [data-link]');"
        " return l && l.dataset.link !== was && document.querySelector('.cp-words [aria-pressed=true]'); }",
        arg=link,
    )


def sentence(page):
    return page.locator("#captioning-head .cp-said").inner_text()


def chosen(page):
    return page.locator(".cp-words [aria-pressed=true]")


def method(page, name):
    page.locator(f"#captioning-method input[value='{name}']").locator("xpath=..").click()


def test_it_begins_with_our_example_in_one_click(tab):
    page = tab()
    page.locator("#captioning-head [data-do=example]").click()
    page.wait_for_selector(".cp-words [data-word]")
    words = page.locator(".cp-words .w").all_inner_texts()
    assert " ".join(words) == sentence(page)
    assert "a word on average" in page.locator("#captioning-head").inner_text()
    page.wait_for_selector("#captioning-thumbs [aria-pressed=true]")
    spoken = page.locator("#captioning-head > * .sr[role=status]").first
    assert sentence(page) in spoken.inner_text()
    page.wait_for_function("document.querySelector('.cp-ev canvas').width >= 256")


def test_another_word_shows_where_it_looked_and_what_it_nearly_said(tab):
    page = tab()
    scene(page)
    look = "document.querySelector('.cp-ev canvas').toDataURL()"
    page.wait_for_function("document.querySelector('.cp-ev canvas').width >= 256")
    chosen(page).focus()
    page.keyboard.press("ArrowLeft")
    first = chosen(page).get_attribute("data-word")
    page.wait_for_timeout(200)
    before = page.evaluate(look)
    page.keyboard.press("ArrowLeft" if int(first) > 0 else "ArrowRight")
    word = chosen(page).locator(".w").inner_text()
    assert chosen(page).get_attribute("data-word") != first
    assert chosen(page).evaluate("button => button === document.activeElement")
    assert page.locator(".cp-words [tabindex='0']").count() == 1
    page.wait_for_function(f"(was) => {look} !== was", arg=before)
    assert f"“{word}”" in page.locator(".cp-nearly > div:visible .lab2").inner_text()
    assert page.locator("#captioning-head .cp-said .on").inner_text() == word


def test_a_word_that_it_nearly_said_goes_on_in_its_own_way(tab):
    page = tab()
    scene(page)
    place = int(chosen(page).get_attribute("data-word"))
    begun = page.locator(".cp-words .w").all_inner_texts()[:place]
    other = page.locator(".cp-nearly [data-instead]:not([data-instead='']):visible").first
    word = other.get_attribute("data-instead")
    other.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".cp-instead")
    told = page.locator(".cp-instead .serif").inner_text()
    assert told.split()[: place + 1] == [*begun, word]
    assert page.locator(".cp-instead u").inner_text() == word
    assert other.get_attribute("aria-pressed") == "true"


def test_a_method_shows_its_own_knobs_and_draws_again(tab):
    page = tab()
    assert page.locator("#captioning-beam").is_visible()
    assert not page.locator("#captioning-top_p").is_visible()
    scene(page)
    assert page.locator(".cp-tree svg").is_visible()
    method(page, "sample")
    page.wait_for_selector("#captioning-top_p", state="visible")
    assert not page.locator("#captioning-beam").is_visible()
    page.wait_for_selector("#captioning-tree-card", state="hidden")
    page.click("#captioning-again")
    page.wait_for_function(
        "document.querySelector('#captioning-foot [data-link]').dataset.link.includes('draw=1')"
    )
    method(page, "greedy")
    page.wait_for_function(
        "document.querySelector('#captioning-foot [data-link]').dataset.link.includes('greedy')"
    )
    page.wait_for_selector("#captioning-again", state="hidden")


def test_a_beam_that_is_too_wide_is_told_and_a_narrow_one_answers(tab):
    page = tab()
    scene(page)
    field = page.locator("#captioning-beam input[type=number]")
    field.fill("1000")
    field.press("Enter")
    page.get_by_text("Beam width cannot be 1000; allowed: 1 – 20.").wait_for()
    assert not page.locator(".cp-words").is_visible()
    assert page.locator("#captioning-picture .image-frame img").is_visible()
    field.fill("1")
    field.press("Enter")
    page.wait_for_selector(".cp-words", state="visible")
    page.wait_for_selector(".cp-tree svg")
    assert page.locator(".cp-others").count() == 0  # one sentence alone is found


def test_it_is_read_aloud_and_copied(tab):
    page = tab()
    page.evaluate(SPEECH)
    scene(page)
    button = page.locator(".cp-speak")
    button.click()
    assert page.evaluate("window.spoken").pop() == [sentence(page), "en-GB"]
    assert button.get_attribute("aria-pressed") == "true"
    page.evaluate("saying.onend()")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    button.click()
    assert page.evaluate("window.spoken").pop() == "cancel"
    page.click("#captioning-foot [data-copy]")
    page.wait_for_selector("#captioning-foot .copied")
    assert page.evaluate("navigator.clipboard.readText()") == sentence(page)


def test_a_browser_without_a_voice_has_no_button_for_it(tab):
    page = tab()
    page.evaluate(
        "Object.defineProperty(window, 'speechSynthesis', { configurable: true, value: undefined })"
    )
    scene(page)
    assert page.locator("#captioning-foot [data-copy]").is_visible()
    assert not page.locator(".cp-speak").is_visible()


def test_a_composed_scene_is_answered_and_its_link_says_it_again(tab):
    page = tab()
    page.click("#captioning-tools [data-tool=draw]")
    page.check("input[name=captioning-composer-0-kind][value=fish]", force=True)
    page.click("#captioning-composer-form [data-do=submit]")
    page.wait_for_selector(".cp-words [data-word]")
    told = sentence(page)
    page.click("#captioning-foot [data-link]")
    page.wait_for_selector("#captioning-foot .copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert "scene=sea.fish-red-large-bottom_left" in link
    page.goto(link)
    page.wait_for_selector(".cp-words [data-word]")
    assert sentence(page) == told


def test_own_sentences_are_compared_and_what_is_wrong_with_them_is_told(tab):
    page = tab()
    scene(page)
    told = sentence(page)
    page.click("#captioning-compare")
    page.get_by_text("There is nothing to compare with").wait_for()
    page.fill("#captioning-references textarea", "海上有一艘红色的船")
    page.click("#captioning-compare")
    page.get_by_text("Line 1 is not in the language of the sentence (English)").wait_for()
    assert page.input_value("#captioning-references textarea") == "海上有一艘红色的船"
    page.fill("#captioning-references textarea", f"zebra\n{told}")
    page.click("#captioning-compare")
    page.wait_for_selector(".cp-score")
    assert page.locator("#captioning-score .v").inner_text() == "1.00"
    assert page.locator(".cp-score mark").all_inner_texts() == [told] * 4
    scene(page, 1)  # another picture is compared with them at once
    page.wait_for_function(
        "(told) => [...document.querySelectorAll('.cp-score td.serif')].some((e) => e.innerText !== told)",
        arg=told,
    )


def test_many_pictures_become_a_table_and_a_harmless_csv(tab, tmp_path):
    Image.fromarray(drawn(SCENE)).save(tmp_path / "=1+1.png")
    (tmp_path / "no.png").write_text("no")
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.write(tmp_path / "=1+1.png", "album/boat.png")
    page = tab()
    with page.expect_file_chooser() as chooser:
        page.click("#captioning-files")
    names = ("=1+1.png", "no.png", "some.zip")
    chooser.value.set_files([str(tmp_path / name) for name in names])
    page.wait_for_selector("#captioning-rows [data-do=download]")
    assert page.locator(".cp-table tbody tr").count() == 3
    assert page.locator(".cp-table tr.bad").count() == 1
    with page.expect_download() as kept:
        page.click("#captioning-rows [data-do=download]")
    assert kept.value.suggested_filename == "captions.csv"
    content = Path(kept.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    head, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert head[:2] == ["image", "caption"]
    by_name = {line[0]: line for line in lines}
    assert "album/boat.png" in by_name
    assert by_name["album/boat.png"][1]
    assert "not a picture" in by_name["no.png"][-1]
    assert not [line for line in lines if line[0].startswith("=")]


def test_a_file_that_is_no_picture_is_told_where_the_answer_would_be(tab, tmp_path):
    (tmp_path / "text.png").write_text("no")
    page = tab()
    page.locator("#captioning-picture input[type=file]").set_input_files(tmp_path / "text.png")
    page.get_by_text("This is not a picture", exact=True).wait_for()
    scene(page)
    assert page.locator("#captioning-head .notice.bad").count() == 0


def test_a_chinese_page_speaks_chinese_and_keeps_its_answer_in_english(tab):
    page = tab("&lang=zh")
    scene(page)
    assert re.search("[\u4e00-\u9fff]", sentence(page))
    assert " " not in sentence(page)
    told = sentence(page)
    assert "平均每个词" in page.locator("#captioning-head").inner_text()
    page.get_by_text("English", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert "a word on average" in page.locator("#captioning-head").inner_text()
    assert sentence(page) == told


@pytest.mark.skipif(
    not CAPTIONING.checkpoint("photos").is_dir(),
    reason="checkpoints/captioning-photos is not there",
)
def test_the_model_follows_the_picture_until_it_is_chosen_by_hand(tab):
    page = tab("&lang=zh")
    page.get_by_text("English", exact=True).click()
    scene(page, "lion.jpg")
    by = page.locator("#captioning-head .by")
    assert by.inner_text() == "looks like a photograph · photographs model"
    assert (
        "does not speak the language that you asked for"
        in page.locator("#captioning-head").inner_text()
    )
    assert "research and education" in page.locator("#captioning-foot").inner_text()
    scene(page, 0)
    assert by.inner_text() == "looks like a drawn scene · scenes model"
    scene(page, "lion.jpg")
    page.locator("#captioning-model input[value=scenes]").locator("xpath=..").click()
    page.get_by_text("This is unlike the drawn scenes that the model knows").wait_for()
    above = page.locator("#captioning-head .notice.warn").bounding_box()["y"]
    assert above < page.locator(".cp-said").bounding_box()["y"]
    assert "research" not in page.locator("#captioning-foot").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_phone_scrolls_no_way_but_down(tab, theme, lang, barriers):
    page = tab(f"&lang={lang}", width=390, theme=theme)
    assert page.evaluate(SIDEWAYS) <= 0
    scene(page)
    assert page.evaluate(SIDEWAYS) <= 0
    box = page.locator(".cp-tree")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.cp-tree').scrollLeft > 0")
    assert barriers(page) == ""


def test_without_motion_the_sentence_stands_at_once(chromium, page_url):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{page_url}?case=captioning&panel=try&lang=en")
    page.wait_for_selector("#captioning-method", state="visible")
    scene(page)
    style = (
        "getComputedStyle(document.querySelector('.cp-said [data-place]:last-child')).animationName"
    )
    assert page.evaluate(style) == "none"
    context.close()

"""Try and Understand CLIP in a real browser, with the bundled model."""

import re

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "stripes.png"
    image = Image.new("RGB", (120, 90), "#336699")
    image.paste("#cc3322", (0, 0, 120, 40))
    image.save(path)
    return str(path)


@pytest.fixture
def clip(open_page, page_url):
    """A function: clip(query="", **options) -> the page with CLIP's Try panel open."""

    def opened(query="", **options):
        page = open_page(f"{page_url}?case=clip&panel=try&lang=en{query}", **options)
        page.wait_for_selector("#clip-match", state="visible")
        return page

    return opened


def upload(page, path):
    page.locator("#clip-picture input[type=file]").set_input_files(path)
    page.wait_for_selector("#clip-picture .image-frame img")


def match(page, labels=None):
    """Press Match and wait for an answer that is not the one before."""
    if labels is not None:
        page.fill("#clip-labels textarea", labels)
    page.evaluate("mm.answer = null")
    page.click("#clip-match")
    page.wait_for_function("!!mm.answer")


def ranked(page):
    return page.locator("#clip-rows [data-do=look] > span").all_inner_texts()


def foot(page):
    return page.locator("#clip-foot").inner_text()


def test_it_begins_with_our_example_in_one_click(clip):
    page = clip()
    assert "Choose a picture and write a few labels" in page.locator("#clip-head").inner_text()
    page.locator("#clip-head button:visible").click()
    page.wait_for_selector("#clip-rows table.rank")
    assert len(ranked(page)) == 5
    assert page.input_value("#clip-labels textarea").startswith(("a cheetah\n", "a red boat\n"))
    assert page.locator("#clip-picture .image-frame img").is_visible()
    page.wait_for_selector("#clip-thumbs [aria-pressed=true]")
    page.wait_for_function("document.querySelector('#clip-evidence canvas').width !== 300")
    page.wait_for_selector("#clip-matrix table.mm")
    assert page.locator("#clip-matrix tbody tr").count() == 5


def test_a_composed_scene_becomes_the_picture_and_can_be_kept(clip):
    page = clip()
    page.click("#clip-tools [data-tool=draw]")
    assert not page.locator("#clip-tools").is_visible()
    before = page.locator("#clip-composer-preview img").get_attribute("src")
    page.check("input[name=clip-composer-0-kind][value=fish]", force=True)
    page.check("input[name=clip-composer-background][value=night]", force=True)
    page.wait_for_function(
        "(was) => document.querySelector('#clip-composer-preview img').src !== was", arg=before
    )
    with page.expect_download() as kept:
        page.click("#clip-composer-form [data-do=download]")
    name = "scene.night.fish-red-large-bottom_left.bird-blue-small-top_right.png"
    assert kept.value.suggested_filename == name
    page.click("#clip-composer-form [data-do=submit]")
    page.wait_for_function(
        "(name) => document.querySelector('#clip-picture .image-frame img')?.src.endsWith(name)",
        arg=name,
    )
    assert page.locator("#clip-tools").is_visible()
    match(page, "a red fish, a blue bird")
    assert sorted(ranked(page)) == ["a blue bird", "a red fish"]
    page.click("#clip-foot [data-link]")
    page.wait_for_selector("#clip-foot .copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert "scene=night.fish-red-large-bottom_left" in link
    page.goto(link)
    page.wait_for_selector("#clip-rows table.rank")
    assert sorted(ranked(page)) == ["a blue bird", "a red fish"]


def test_only_a_changed_label_is_encoded_anew(clip, picture):
    page = clip()
    upload(page, picture)
    match(page, "a white ball\na pink car\na green fish")
    match(page, "a white ball\na pink car\na green bird")
    assert "3 labels, 2 from memory" in foot(page)


def test_another_row_shows_where_it_looked_for_that(clip):
    page = clip()
    page.locator("#clip-thumbs button").nth(1).click()
    page.wait_for_selector("#clip-rows table.rank")
    second = page.locator("#clip-rows [data-index='1']")
    label = ranked(page)[1]
    second.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "(l) => document.querySelector('#clip-evidence .hint').innerText.includes(l)", arg=label
    )
    assert second.get_attribute("aria-pressed") == "true"
    assert second.evaluate("button => button === document.activeElement")
    assert page.locator("#clip-rows tr.on").count() == 1


def test_chinese_and_back_change_words_and_keep_values(clip):
    page = clip()
    page.locator("#clip-thumbs button").nth(2).click()
    page.wait_for_selector("#clip-rows table.rank")
    typed = page.input_value("#clip-labels textarea")
    page.get_by_text("中文", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    assert page.locator("#clip-match").inner_text() == "匹配"
    assert "占比" in page.locator("#clip-rows").inner_text()
    assert re.search(r"\d 毫秒", foot(page))
    assert page.input_value("#clip-labels textarea") == typed
    page.get_by_text("English", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert page.locator("#clip-match").inner_text() == "Match"
    assert "share" in page.locator("#clip-rows").inner_text()


def test_an_error_stands_in_the_answers_place_and_keeps_what_was_typed(clip, tmp_path):
    page = clip()
    fake = tmp_path / "picture.png"
    fake.write_text("I am a text.")
    page.fill("#clip-labels textarea", "a red boat\na dog")
    page.click("#clip-match")
    page.wait_for_selector("#clip-head .notice.bad")
    assert "There is no picture file here." in page.locator("#clip-head").inner_text()
    upload_input = page.locator("#clip-picture input[type=file]")
    upload_input.set_input_files(str(fake))
    page.wait_for_selector("#clip-picture [aria-label='Remove Image']", state="attached")
    page.click("#clip-match")
    page.get_by_text("This is not a picture").wait_for()
    assert page.input_value("#clip-labels textarea") == "a red boat\na dog"
    assert page.locator("#clip-head [role=alert]").count() == 1
    assert not page.locator("#clip-rows table").is_visible()


def test_a_label_that_looks_like_markup_stays_text(clip, picture):
    page = clip()
    upload(page, picture)
    match(page, "<img src=x onerror=document.title='hit'>\n<b>bold</b>")
    assert sorted(ranked(page)) == ["<b>bold</b>", "<img src=x onerror=document.title='hit'>"]
    assert "hit" not in page.title()
    page.get_by_role("tab", name="Understand").click()
    page.wait_for_selector("#clip-understand [data-right]")
    assert "<b>bold</b>" in page.locator("#clip-understand").inner_text()
    assert "hit" not in page.title()


def test_enter_in_the_sentence_matches(clip, picture):
    page = clip()
    upload(page, picture)
    page.fill("#clip-labels textarea", "a red boat, a cat")
    page.fill("#clip-template textarea, #clip-template input", "a drawing of a {}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#clip-rows table.rank")
    assert "a drawing of a" in page.locator("#clip-head .answer").inner_text()


def test_own_pictures_join_the_matrix_and_leave_it(clip, picture):
    page = clip()
    upload(page, picture)
    match(page, "a red boat, a cat")
    rows = page.locator("#clip-matrix tbody tr")
    page.click("#clip-matrix [data-do=add]")
    page.wait_for_function("document.querySelectorAll('#clip-matrix tbody tr').length === 6")
    rows.nth(0).hover()
    rows.nth(0).locator("[data-do=drop]").click()
    page.wait_for_function("document.querySelectorAll('#clip-matrix tbody tr').length === 5")
    page.click("#clip-matrix [data-do=reset]")
    page.wait_for_selector("#clip-matrix [data-do=add]")
    assert rows.count() == 5


def test_clear_goes_back_to_the_beginning(clip):
    page = clip()
    page.locator("#clip-thumbs button").first.click()
    page.wait_for_selector("#clip-rows table.rank")
    page.click("#clip-clear")
    page.get_by_text("Choose a picture and write a few labels").wait_for()
    assert page.input_value("#clip-labels textarea") == ""
    assert page.locator("#clip-picture .image-frame img").count() == 0


def test_an_answer_to_another_picture_is_dimmed_until_the_next(clip, picture):
    page = clip()
    page.locator("#clip-thumbs button").first.click()
    page.wait_for_selector("#clip-rows table.rank")
    page.locator("#clip-picture [aria-label='Remove Image']").click()
    page.wait_for_selector("#clip-answer.old")
    upload(page, picture)
    assert page.locator("#clip-answer.old").count() == 1
    match(page)
    page.wait_for_selector("#clip-answer:not(.old)")


def test_a_refused_camera_is_said_in_our_words(clip):
    page = clip()
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => "
        "{ throw new DOMException('', 'NotAllowedError'); }; }"
    )
    page.click("#clip-tools [data-tool=camera]")
    page.get_by_text("The browser does not let this page use a camera.").wait_for()
    assert page.locator("#clip-picture video").count() == 0


def test_a_photo_from_the_camera(clip):
    page = clip()
    page.click("#clip-tools [data-tool=camera]")
    page.wait_for_selector("#clip-picture video:visible")
    page.locator("#clip-picture [aria-label='capture photo']").click()
    page.wait_for_selector("#clip-picture .image-frame img")
    match(page, "a red boat, a cat")
    assert len(ranked(page)) == 2


def test_understand_moves_with_its_sliders_and_asks_nobody(clip):
    page = clip()
    page.locator("#clip-thumbs button").first.click()
    page.wait_for_selector("#clip-rows table.rank")
    page.get_by_role("tab", name="Understand").click()
    page.wait_for_selector("#clip-understand table.mm [data-pair]")
    assert "from your last picture" in page.locator("#clip-understand").inner_text()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    loss = page.locator("#clip-understand [data-n=loss]")
    before = loss.inner_text()
    page.locator("#clip-tau").focus()
    page.keyboard.press("End")
    assert page.locator("#clip-understand [data-n=t]").inner_text() == "1.00"
    assert loss.inner_text() != before
    page.locator("#clip-understand [data-right='1']").click()
    assert page.locator("#clip-understand tr.on").count() == 1
    page.locator("#clip-n").focus()
    page.keyboard.press("Home")
    assert page.locator("#clip-understand [data-n=ln]").inner_text() == "0.69"
    page.locator("#clip-understand [data-pair='3']").click()
    assert page.locator("#clip-understand td.fwd").count() == 5
    assert not [url for url in asked if "heartbeat" not in url]


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_no_barrier_and_no_sideways_scroll(clip, barriers, width, theme):
    page = clip(width=width, theme=theme)
    page.locator("#clip-thumbs button").nth(3).click()
    page.wait_for_selector("#clip-matrix table.mm")
    assert page.evaluate(SIDEWAYS) <= 0
    found = [barriers(page)]
    page.click("#clip-tools [data-tool=draw]")
    assert page.evaluate(SIDEWAYS) <= 0
    found.append(barriers(page))
    page.get_by_role("tab", name="Understand").click()
    page.wait_for_selector("#clip-understand table.mm [data-pair]")
    assert page.evaluate(SIDEWAYS) <= 0
    found.append(barriers(page))
    assert not any(found), found

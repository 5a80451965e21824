"""Tables of captions: what was written comes out again, whatever it holds; odd lines are counted."""

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mm_demo.data import captions_table
from mm_demo.data.captions_table import decoded, parse_numbered, parse_table, read_published, tidy
from mm_demo.errors import UserError

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(tidy)
names = st.from_regex(r"[a-z0-9_äé]{1,12}\.jpg", fullmatch=True)


@given(
    rows=st.lists(st.tuples(names, texts), min_size=1),
    delimiter=st.sampled_from([",", "\t", ";"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    swapped=st.booleans(),
)
def test_any_captions_survive_a_table(rows, delimiter, end, quoting, encoding, swapped):
    quoted = quoting == csv.QUOTE_ALL or end == "\r\n"  # else the writer leaves a lone CR bare
    assume(quoted or not any("\r" in caption for _, caption in rows))
    step = -1 if swapped else 1
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["file_name", "text"][::step])
    writer.writerows(row[::step] for row in rows)
    table = parse_table(decoded(file.getvalue().encode(encoding), "t.csv"), "t.csv")
    wanted = {}
    for name, caption in rows:
        wanted.setdefault(name, []).append(tidy(caption))
    assert table.captions == wanted
    assert table.odd == 0


@given(text=st.text())
def test_no_text_breaks_the_parsers(text):
    parse_numbered(text)
    parse_table("file_name,text\n" + text, "t.csv")
    try:
        parse_table(text, "t.csv")
    except UserError as error:
        assert error.key == "photos.no_header"


@pytest.mark.parametrize(
    ("line", "caption"),
    [
        ("a.jpg,A dog, a cat, and a man .", "A dog, a cat, and a man ."),
        ('a.jpg,"A dog, a cat"', "A dog, a cat"),
        ('a.jpg,"""Stop"" says the sign"', '"Stop" says the sign'),
        ('a.jpg,"Stop" says the sign', '"Stop" says the sign'),
        ('a.jpg,A 6" pipe', 'A 6" pipe'),
        ('a.jpg,"An open quote', '"An open quote'),
        ('a.jpg,"two\nlines"', "two lines"),
    ],
)
def test_commas_and_quotes_as_people_write_them(line, caption):
    table = parse_table(f"image,caption\n{line}\n", "t.csv")
    assert table.captions == {"a.jpg": [caption]}
    assert table.odd == 0


def test_one_stray_quote_spoils_no_other_line():
    text = 'image,caption\na.jpg,"A dog, a cat"\nb.jpg,"Stop" it says\nc.jpg,"x, ""y"""\n'
    assert parse_table(text, "t.csv").captions == {
        "a.jpg": ["A dog, a cat"], "b.jpg": ['"Stop" it says'], "c.jpg": ['x, "y"'],
    }  # fmt: skip


def test_the_header_tells_by_its_names():
    text = "\n\nID;Caption;File_Name\n1;A dog;a.jpg\n2;;b.jpg\n3;A cat\n\n4;A cow;c.jpg;more\n"
    table = parse_table(text, "t.csv")
    assert table.captions == {"a.jpg": ["A dog"]}
    assert table.odd == 3
    for bad in ("", "a.jpg,A dog\n", "file_name\na.jpg\n", "text,caption\nx,y\n"):
        with pytest.raises(UserError, match=r"photos\.no_header.*t\.csv"):
            parse_table(bad, "t.csv")


def test_published_tables_by_tabs_or_with_a_number_sign(tmp_path):
    wanted = {"1_a.jpg": ['A "dog" .', "It #1 runs, fast"], "2.jpg": ["x"]}
    path = tmp_path / "t"
    for line in ("{}\t{}\t{}\n", "{}#{}\t{}\r\n"):
        rows = [
            line.format(name, k, c) for name, found in wanted.items() for k, c in enumerate(found)
        ]
        path.write_text("".join([*rows, "no row\n", "\n"]), newline="")
        table = read_published(path)
        assert (table.captions, table.odd) == (wanted, 1)
    path.write_text("image,caption\na.jpg,A dog\n")
    assert read_published(path).captions == {"a.jpg": ["A dog"]}


def test_what_is_no_text_is_told(monkeypatch):
    with pytest.raises(UserError, match=r"photos\.not_text"):
        decoded("é".encode("latin-1"), "t.csv")
    with pytest.raises(UserError, match=r"photos\.not_text"):
        decoded(b"\xff\xfeabc", "t.csv")
    monkeypatch.setattr(captions_table, "MOST_BYTES", 3)
    assert decoded(b"abc", "t.csv") == "abc"
    with pytest.raises(UserError, match=r"photos\.large_table"):
        decoded(b"abcd", "t.csv")

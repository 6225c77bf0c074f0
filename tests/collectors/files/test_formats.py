"""The same posts come out of every format, packing and encoding."""

import csv
import gzip
import io
import json
import tarfile
import zipfile

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.files.csv_rows import csv_batches
from collectors.files.json_rows import json_batches, jsonl_batches
from collectors.files.text import decoded
from store import InputError

ROWS = [
    {"id": "00001", "text": 'Zwei Zeilen\nund „Anführung", Komma; Semikolon\tTab'},
    {"id": "00002", "text": 'er sagte "nein" 😢'},
    {"id": "00003", "text": "مسرّحون من العمل"},
]
for likes, row in enumerate(ROWS, 1):
    row |= {
        "created_at": f"2025-10-2{likes}T08:30:00Z",
        "author": "someone",
        "likes": likes,
        "replies": 0,
        "reposts": 1,
    }


def as_csv(delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, ROWS[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return out.getvalue()


def as_jsonl() -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


def as_parquet() -> bytes:
    out = io.BytesIO()
    pl.DataFrame(ROWS).with_columns(pl.col("created_at").str.to_datetime(time_zone="UTC")).write_parquet(out)
    return out.getvalue()


def zipped(name: str, content: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2025, 11, 3, 12, 0, 0)), content)
    return out.getvalue()


FORMATS = {
    "tweets.csv": as_csv(),
    "tweets-bom.csv": "\ufeff" + as_csv(),
    "tweets-semicolon.csv": as_csv(";"),
    "tweets.tsv": as_csv("\t"),
    "tweets-utf16.csv": as_csv().encode("utf-16"),
    "tweets-utf32.csv": as_csv().encode("utf-32"),
    "tweets.jsonl": as_jsonl(),
    "tweets-no-suffix": as_jsonl(),
    "tweets-lines.json": as_jsonl(),
    "tweets-array.json": json.dumps(ROWS),
    "tweets-indented.json": "\ufeff" + json.dumps(ROWS, indent=2),
    "tweets-object.json": json.dumps({"meta": {"count": 3, "deep": [[]]}, "data": ROWS, "errors": [{"id": 1}]}),
    "tweets.parquet": as_parquet(),
    "tweets.csv.gz": gzip.compress(as_csv().encode()),
    "tweets.parquet.gz": gzip.compress(as_parquet()),
    "tweets-two-members.jsonl.gz": gzip.compress(as_jsonl()[:200].encode()) + gzip.compress(as_jsonl()[200:].encode()),
    "tweets.zip": zipped("inner/tweets.jsonl", as_jsonl()),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_posts(desk, name: str):
    summary = desk.one(desk.file(name, FORMATS[name]))
    assert (summary.error, summary.new, summary.rejected) == (None, 3, 0)
    posts = desk.posts()
    assert posts["text"].to_list() == [row["text"] for row in ROWS]
    assert posts["created_at"].dt.to_string("iso:strict").str.slice(0, 19).to_list() == [
        row["created_at"][:19] for row in ROWS
    ]
    assert posts["likes"].to_list() == [1, 2, 3]
    assert posts["source"].unique().to_list() == ["x"]


def test_a_folder_is_read_file_by_file(desk):
    desk.jsonl("in/tweets-a.jsonl", [desk.tweet(1)])
    desk.jsonl("in/deeper/tweets-b.jsonl", [desk.tweet(2)])
    desk.file("in/readme.md", "not data")
    desk.file("in/.hidden.csv", "not data")
    summaries = desk.bring(desk.folder / "in")
    assert [summary.file for summary in summaries] == ["in/deeper/tweets-b.jsonl", "in/tweets-a.jsonl"]
    assert desk.posts().height == 2


def test_batches_of_any_size_give_the_same_posts(desk):
    path = desk.jsonl("tweets.jsonl", [desk.tweet(n) for n in range(30)])
    desk.one(path)
    other = desk.another("other")
    assert other.one(path, batch_rows=7).new == 30
    assert other.posts().equals(desk.posts())


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=30)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=8), st.sampled_from([",", ";", "\t"]), st.integers(1, 50))
def test_csv_fields_survive_whatever_they_hold(rows: list, delimiter: str, chunk: int):
    """Any text in any chunking comes back as written, as long as quotes are doubled."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["left", "right"])
    writer.writerows(rows)
    text = out.getvalue()
    pieces = (text[at : at + chunk] for at in range(0, len(text), chunk))
    batches = list(csv_batches(pieces, name="f", batch_rows=3, max_row_chars=10_000))
    frame = pl.concat(batch.frame for batch in batches)
    # A backslash before a quote is the one thing that two dialects read differently.
    if not any('\\"' in text or "\\" in "".join(row) for row in rows):
        assert frame.select("left", "right").rows() == rows
        assert not any(batch.bad for batch in batches)


value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.dictionaries(st.sampled_from(["id", "text", 'k"', "x\\"]), value, min_size=1), min_size=1, max_size=6),
    st.integers(1, 40),
)
def test_json_is_read_alike_whole_and_in_pieces(rows: list, chunk: int):
    """Where a chunk ends, within a string, an escape or a number, makes no difference."""
    text = json.dumps(rows)
    whole = list(json_batches(iter([text]), name="f", wanted=str.isalpha, batch_rows=100, max_row_chars=100_000))
    pieces = list(
        json_batches(
            (text[at : at + chunk] for at in range(0, len(text), chunk)),
            name="f",
            wanted=str.isalpha,
            batch_rows=100,
            max_row_chars=100_000,
        )
    )
    lines = list(
        jsonl_batches(
            iter(["\n".join(map(json.dumps, rows))]), wanted=str.isalpha, batch_rows=100, max_row_chars=100_000
        )
    )
    assert whole[0].frame.equals(pieces[0].frame)
    assert whole[0].frame.equals(lines[0].frame)
    assert whole[0].frame.height == len(rows)


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.integers(4, 9),
)
def test_text_is_decoded_wherever_chunks_end(text: str, encoding: str, chunk: int):
    if text.startswith(("\ufeff", "\0")):  # a second mark; and UTF-16's mark before a NUL is that of UTF-32
        text = "x" + text
    data = text.encode(encoding)
    pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    assert "".join(decoded(pieces, name="f", encoding=None)) == text


def test_excels_separator_line_is_obeyed_and_keeps_the_row_numbers(desk):
    summary = desk.one(desk.file("f.csv", "sep=|\r\nid|created_at|tweet\r\n1|2025-10-28|a,b\r\n2|2025-10-28|\r\n"))
    assert (summary.error, summary.new) == (None, 1)
    assert desk.rejected(summary)[0]["row"] == 4


def test_the_tweets_of_an_x_archive_are_read(desk):
    tweet = {"tweet": {"id_str": "77", "full_text": "laid off", "created_at": "Wed Oct 29 10:00:00 +0000 2025"}}
    summary = desk.one(desk.file("tweets.js", f"window.YTD.tweets.part0 = {json.dumps([tweet])}"))
    assert (summary.error, summary.new) == (None, 1)
    assert desk.posts().select("source", "post_id", "text").row(0) == ("x", "77", "laid off")


def test_a_packed_tar_archive_is_named_as_one(desk):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.add(desk.file("tweets.jsonl", "{}"), arcname="tweets.jsonl")
    assert "a tar archive" in desk.one(desk.file("all.tar.gz", out.getvalue())).error


@pytest.mark.parametrize(("name", "cell"), [("id", "1"), ("note", "1")])
def test_times_of_an_unknown_form_are_answered_with_the_setting_that_reads_them(desk, name, cell):
    """Also where keys are to be made of them."""
    path = desk.file("f.csv", f"{name},created_at,tweet,likes\n{cell},10/28/2025 2:30 PM,a,1\n")
    assert 'date_format = "%m/%d/%Y %I:%M %p"' in desk.one(path, source="x").error
    mapping = {"us": {"files": "f.csv", "date_format": "%m/%d/%Y %I:%M %p"}}
    assert desk.one(path, source="x", mapping=mapping).new == 1


def test_the_offset_of_a_wrong_byte_is_right_where_pieces_split_characters():
    data = "äöü".encode() + b"\xff"
    with pytest.raises(InputError, match=r"offset 6 "):
        list(decoded([data[n : n + 1] for n in range(len(data))], name="f", encoding=None))

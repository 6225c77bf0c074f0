"""CSV as people and tools really write it: what can be read is, and every other row is counted."""

import gzip
import os

import pytest


def test_csv_rows_with_too_few_or_too_many_fields_are_set_apart(desk):
    content = "id,created_at,tweet\n1,2025-10-28,a\n2,2025-10-28\n3,2025-10-28,b,c\n\n4,2025-10-28,d\n"
    summary = desk.one(desk.file("f.csv", content))
    assert (summary.new, summary.rejected) == (2, 2)
    assert [(r["row"], r["reason"]) for r in desk.rejected(summary)] == [
        (3, "2 fields where the header has 3"),
        (4, "4 fields where the header has 3"),
    ]


def test_a_quoted_line_that_holds_a_line_break_is_set_apart(desk):
    content = 'id,created_at,tweet\n"1,2025-10-28\nand, more"\n2,2025-10-28,whole\n'
    summary = desk.one(desk.file("f.csv", content))
    assert (summary.error, summary.new, summary.rejected) == (None, 1, 1)


@pytest.mark.parametrize(
    ("rows", "bad"),
    [
        (['0,2025-10-28,"open', *(f"{n},2025-10-28,text {n}" for n in range(1, 5000))], 2),
        (['0,2025-10-28,"open', "1,2025-10-28,text 1", '2,2025-10-28,"closed, rightly"', "3,2025-10-28,t"], 2),
        (['"0","2025-10-28","open', '"1","2025-10-28","text 1"', '"2","2025-10-28","text 2"'], 2),
        # A second stray quote closes the first one: only their look tells the rows between.
        (["8,2025-10-28,a", "9,2025-10-28,b", '0,2025-10-28,"open', "1,2025-10-28,t", '2,2025-10-28,stray"'], 4),
    ],
)
def test_a_quote_left_open_costs_its_own_row_alone(desk, rows: list[str], bad: int):
    text = "id,created_at,tweet\n" + "\n".join(rows) + "\n"
    summary = desk.one(desk.file("f.csv", text), max_row_bytes=2000)
    assert (summary.error, summary.new, summary.rejected) == (None, len(rows) - 1, 1)
    (reject,) = desk.rejected(summary)
    assert (reject["row"], reject["received"]) == (bad, rows[bad - 2] + "\n")
    assert "quote" in reject["reason"] or "field larger" in reject["reason"]


def test_texts_of_many_lines_are_no_rows(desk):
    texts = ["Gone.\n\nAfter 8 years, 3 months, 2 days", 'He said "why?",\nand left, 5, 7', "a,b,c\n1,2,3\n4,5,6"]
    lines = "".join('{},2025-10-28,"{}"\n'.format(n, text.replace('"', '""')) for n, text in enumerate(texts * 3))
    summary = desk.one(desk.file("tweets.csv", "id,created_at,tweet\n" + lines))
    assert (summary.new, summary.rejected) == (9, 0)
    assert sorted(set(desk.posts()["text"])) == sorted(texts)


@pytest.mark.parametrize(
    "cell",
    [
        '"They said "layoffs" today\nand then silence"',
        '"He said "no"\nand left"',
        '"They said "layoffs today\nand then" silence"',
        '"Gone, he said, "today\nor so"',
        '"the file ends within',
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_text_with_a_stray_quote_is_never_stored_cut(desk, cell, end):
    lines = ["id,created_at,tweet", "1,2025-10-28,a", *f"2,2025-10-28,{cell}".split("\n")]
    first = desk.one(desk.file("end.csv", end.join(lines)), source="x")
    then = desk.one(desk.file("then.csv", end.join([*lines, "3,2025-10-28,b", ""])), source="x")
    assert (first.new, then.new) == (1, 1)
    assert sorted(desk.posts()["text"]) == ["a", "b"]
    assert desk.rejected(then)[0]["row"] == 3
    assert "quote" in desk.rejected(then)[0]["reason"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('"They said "layoffs" today"', 'They said "layoffs" today'),
        ('""Layoffs" they said"', '"Layoffs" they said'),
        ('"a ""b"" "c" d"', 'a "b" "c" d'),
        ('They said "layoffs" today', 'They said "layoffs" today'),
        ('"They said ""layoffs"" today"', 'They said "layoffs" today'),
        ('5" screens', '5" screens'),
    ],
)
def test_quotes_within_a_line_are_part_of_the_text(desk, cell, text):
    summary = desk.one(desk.file("f.csv", f"id,created_at,tweet\n1,2025-10-28,{cell}\n2,2025-10-28,b\n"), source="x")
    assert summary.new == 2
    assert desk.posts()["text"].to_list() == [text, "b"]


def test_a_header_with_a_quote_left_open_is_refused(desk):
    summary = desk.one(desk.file("tweets.csv", 'id,"created_at,tweet\n1,2025-10-28,a\n2,2025-10-28,"b"\n'))
    assert "header line that can't be read" in summary.error
    assert summary.seen == 0


def test_lines_that_end_in_carriage_returns_alone_are_lines(desk):
    summary = desk.one(desk.file("tweets.csv", 'id,created_at,tweet\r1,2025-10-28,"a\rb"\r2,2025-10-28,c\r'))
    assert (summary.error, summary.new) == (None, 2)
    assert desk.posts()["text"].to_list() == ["a\nb", "c"]


@pytest.mark.parametrize("rows", [50, 8000])
def test_the_rows_of_a_csv_before_its_damage_are_stored(desk, rows: int):
    text = "id,created_at,tweet\n" + "".join(f"{n},2025-10-28,{os.urandom(30).hex()}\n" for n in range(rows))
    packed = gzip.compress(text.encode())
    bad_byte, cut = desk.bring(
        desk.file("byte.csv", text.encode() + b"9999999,2025-10-28,caf\xe9\n"),
        desk.file("cut.csv.gz", packed[: len(packed) * 3 // 4]),
    )
    assert "What came before" in bad_byte.error
    assert bad_byte.new == rows
    assert "What came before" in cut.error
    assert cut.duplicate > rows // 2


def test_only_a_header_is_no_error(desk):
    summary = desk.one(desk.file("tweets.csv", "id,text,created_at,likes,replies,reposts\n"))
    assert (summary.seen, summary.error) == (0, None)


def test_a_csv_without_header_quotes_no_post_in_its_error(desk, caplog):
    caplog.set_level("INFO")
    row = "17,2025-10-28,thanks @janedoe,jane@roe.org,0171 1234567,and a text that goes on for longer than any column's name\n"
    summary = desk.one(desk.file("bare.csv", row * 3))
    assert "(is the header missing?)" in summary.error
    doubled = desk.one(desk.file("doubled.csv", "a text,jane@roe.org,jane@roe.org\n" * 3))
    assert "share a name" in doubled.error
    said = f"{summary.error} {doubled.error} {caplog.text} {desk.store.scan('runs').collect()['error'].to_list()}"
    assert not [private for private in ("jane", "0171", "goes on") if private in said]


def test_a_csv_without_header_names_nobody_however_short_its_cells_are(desk, caplog):
    caplog.set_level("INFO")
    rows = "jane_doe,2025-10-28,I was laid off by Meta,5\nJohn Roe,2025-10-28,me too,3\n"
    bare = desk.one(desk.file("bare.csv", rows))
    doubled = desk.one(desk.file("doubled.csv", rows.replace("2025-10-28,I was", "jane_doe,I was")))
    mapping = {"m": {"files": "mapped.csv", "columns": {"text": "Post"}}}
    mapped = desk.one(desk.file("mapped.csv", rows), mapping=mapping)
    assert "It has: 4 columns of no known name (is the header missing?)" in bare.error
    assert "share a name: 1 column of no known name" in doubled.error
    assert 'text = "Post"' in mapped.error
    said = f"{bare} {doubled} {mapped} {caplog.text} {desk.store.scan('runs').collect().to_dicts()}"
    assert not [private for private in ("jane", "Roe", "Meta") if private in said]


def test_a_header_with_a_known_name_is_named_in_full(desk):
    summary = desk.one(desk.file("odd.csv", "Reaktion,date\nweg,2025-10-28\n"))
    assert "It has: Reaktion, date." in summary.error

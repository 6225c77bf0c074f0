"""Labelled files: what is read, and that each error says which file and line, what is wrong and what is valid."""

import gzip
import json
from pathlib import Path

import pytest

from analysis.classifier.labelled_files import read_labelled
from store import InputError

ROW = '{"text": "x", "kind": "news"}'
TSV_ROW = "en\tnegative\tThey fired us all\n"
ONE_A_LINE = "Expected one whole object per line"


def refusal(path, content):
    """What is said of a file with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        read_labelled(path)
    said = str(caught.value)
    assert str(path) in said
    return said


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "x", "evaluate reads .tsv"),
        ("a.tsv", "en\tnegative", "line 1: expected lang, label and text"),
        ("a.tsv", "en\tangry\tx", "line 1: sentiment is 'angry'; valid are negative, neutral, positive"),
        ("a.tsv", "en\tangry\tOn the header text", "line 1: sentiment is 'angry'"),
        ("a.jsonl", ROW + '\n{"text": "x",, "kind": 1}', "line 2: not JSON that can be read (Expecting property name"),
        ("a.jsonl", '{"text": ' + "9" * 5000 + "}", "line 1: not JSON that can be read (Exceeds the limit"),
        ("a.jsonl", '{"text": ' + "[" * 200_000, "line 1: not JSON that can be read"),
        ("a.jsonl", '{"kind": "news"}', 'line 1: expected an object with "text"'),
        ("a.jsonl", '{"text": "x", "kind": "rant"}', "kind is 'rant'; valid are reaction, news"),
        (
            "a.jsonl",
            '{"text": "x", "created_at": "29.10.2025"}',
            "line 1: created_at is '29.10.2025'; valid is a time such as 2025-10-29T10:00:00Z, or null",
        ),
        ("a.jsonl", '{"text": "x", "created_at": "0001-01-01T00:00:00+05:00"}', "line 1: created_at is '0001-01-01"),
        ("a.jsonl", '{"text": "x", "thread_title": 7}', "line 1: thread_title is 7; valid is a text or null"),
    ],
)
def test_bad_lines_are_named(tmp_path, name, content, message):
    assert message in refusal(tmp_path / name, content)


def test_broken_json_is_located_once_by_its_line_and_column(tmp_path):
    said = refusal(tmp_path / "a.jsonl", ROW + '\n{"text": "x" "kind"}\n')
    assert ", line 2: not JSON that can be read (Expecting ',' delimiter: column 14). " in said
    assert (said.count("line 1"), said.count("char")) == (0, 0)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(json.loads(ROW), indent=2),
        json.dumps([json.loads(ROW)], indent=2),
        f"[{ROW}]",
        '"x"',
    ],
    ids=["pretty-printed", "pretty-printed list", "list", "text"],
)
def test_json_that_is_not_an_object_a_line_gets_a_hint(tmp_path, content):
    said = refusal(tmp_path / "a.jsonl", content)
    assert "line 1: no" in said
    assert ONE_A_LINE in said


@pytest.mark.parametrize(
    "header", ["lang\tlabel\ttext", "Lang\tLabel\tText", "LANG\tLABEL\tTEXT\r", '"lang"\t"label"\t"text"', ""]
)
def test_a_header_is_known_in_any_case(tmp_path, header):
    path = tmp_path / "a.tsv"
    path.write_text(header + "\n" + TSV_ROW, newline="")
    assert [post.sentiment for post in read_labelled(path)] == ["negative"]


@pytest.mark.parametrize(
    "header", ["text\tlabel\tlang", "Label\tText", "id\tlang\tlabel\ttext", "language\tsentiment\ttext"]
)
def test_another_header_is_called_one(tmp_path, header):
    said = refusal(tmp_path / "a.tsv", header + "\n" + TSV_ROW)
    assert f"line 1 looks like a header ({header.replace(chr(9), ', ')})" in said
    assert "Expected: lang, label and text between tabs" in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "lang\tlabel\ttext\n" + TSV_ROW),
        ("a.tsv", TSV_ROW * 2),
        ("a.tsv", TSV_ROW * 2 + "en\tnegative\tno end"),
        ("a.jsonl", f"{ROW}\n{ROW}\n"),
        ("a.jsonl", f"\ufeff{ROW}\n{ROW}"),
    ],
)
def test_lines_that_end_in_cr_alone_are_not_read_as_one(tmp_path, name, content):
    assert "its lines end in CR alone" in refusal(tmp_path / name, content.replace("\n", "\r"))


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", ""])
def test_a_cr_within_a_text_belongs_to_it(tmp_path, end):
    path = tmp_path / "a.tsv"
    path.write_text(f"en\tnegative\tfired\rall{end}", newline="")
    assert [post.text for post in read_labelled(path)] == ["fired\rall"]


def test_a_byte_that_is_not_utf_8_is_located_by_its_line(tmp_path):
    said = refusal(tmp_path / "a.tsv", TSV_ROW.encode() + "de\tnegative\tMüde\n".encode("cp1252"))
    assert ", line 2: byte 14 (0xfc) is not UTF-8. Save the file as UTF-8." in said


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised(tmp_path, encoding):
    assert "looks like UTF-16; save it as UTF-8" in refusal(tmp_path / "a.tsv", TSV_ROW.encode(encoding))


def test_a_missing_file_is_named_as_an_import_names_it(tmp_path):
    with pytest.raises(InputError) as caught:
        read_labelled(tmp_path / "none.tsv")
    assert str(caught.value) == f"There is no {tmp_path / 'none.tsv'}."


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: b"not gzip", "is truncated or damaged (Not a gzipped file"),
        (lambda whole: whole[:-12], "is truncated or damaged (Compressed file ended"),
        (lambda whole: whole[:12] + b"\xff" * 8 + whole[20:], "is truncated or damaged (Error -3"),
        (lambda whole: whole[:-8] + b"\0" * 8, "is truncated or damaged (CRC check failed"),
    ],
    ids=["no gzip", "cut", "damaged", "checksum"],
)
def test_a_damaged_gzip_file_is_called_one(tmp_path, damage, message):
    said = refusal(tmp_path / "a.tsv.gz", damage(gzip.compress(TSV_ROW.encode() * 400)))
    assert message in said
    assert "UTF-8" not in said


def test_a_folder_in_place_of_a_file_is_called_unreadable(tmp_path):
    (tmp_path / "a.tsv").mkdir()
    with pytest.raises(InputError, match=r"a\.tsv can't be read: Is a directory\.$"):
        read_labelled(tmp_path / "a.tsv")


@pytest.mark.parametrize("name", ["UP.TSV", "Up.Tsv.GZ", "up.JSONL", "a.b.jsonl.gz"])
def test_the_case_of_a_name_says_nothing(tmp_path, name):
    path = tmp_path / name
    content = (TSV_ROW if "tsv" in name.lower() else ROW).encode()
    path.write_bytes(gzip.compress(content) if name.lower().endswith(".gz") else content)
    assert len(read_labelled(path)) == 1


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "/dev/fd/0"])
def test_standard_input_is_refused_by_its_name(name):
    with pytest.raises(InputError, match="doesn't read standard input"):
        read_labelled(Path(name))


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.tsv", "a.jsonl"])
def test_an_empty_file_is_called_empty(tmp_path, name, content):
    assert refusal(tmp_path / name, content).endswith("is empty.")


def test_a_byte_order_mark_and_half_an_emoji_are_read(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "laid off \ud83d"}) + "\n", encoding="utf-8-sig")
    assert [post.text for post in read_labelled(path)] == ["laid off \ufffd"]
    tsv = tmp_path / "b.tsv"
    tsv.write_text("lang\tlabel\ttext\n" + TSV_ROW, encoding="utf-8-sig")
    assert len(read_labelled(tsv)) == 1


@pytest.mark.parametrize(
    ("said", "stored"),
    [("twitter", "x"), ("Twitter", "x"), ("www.reddit.com", "reddit"), ("blog", "blog"), (None, "other")],
)
def test_platforms_are_named_as_an_import_names_them(tmp_path, said, stored):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "x", "source": said}))
    (post,) = read_labelled(path)
    assert post.context.platform == stored

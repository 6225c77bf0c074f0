"""Small files that unfold into much: what is held at once stays small, whatever the file says."""

import io
import json
import zipfile

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collectors import ImportSettings
from collectors.files.batches import BATCH_CHARS, ROW
from collectors.files.columns import can_use
from collectors.files.flat import OTHER_COLUMNS
from collectors.files.reading import read_batches
from collectors.files.units import units


def read(path, **settings):
    caps = ImportSettings.model_validate(settings)
    (unit,) = units(path, caps=caps)
    with unit.open() as stream:
        yield from read_batches(unit, stream, settings=caps, wanted=lambda name: can_use(name, mapping=None))


def packed(desk, name, table, **options):
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return desk.file(name, out.getvalue())


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_objects_keyed_by_ids_make_no_column_each(desk, ending):
    gallery = [desk.tweet(n, media_metadata={f"id{n}-{k}": {"status": "valid"} for k in range(5)}) for n in range(500)]
    text = json.dumps(gallery) if ending == "json" else "\n".join(map(json.dumps, gallery))
    path = desk.file(f"tweets.{ending}", text)
    widths = [len(batch.frame.columns) for batch in read(path, batch_rows=200)]
    assert max(widths) <= 1 + len(desk.tweet(1)) + OTHER_COLUMNS
    summary = desk.one(path, batch_rows=200)
    assert (summary.error, summary.new) == (None, 500)
    assert len(summary.unknown_columns) <= OTHER_COLUMNS


def test_a_column_that_can_be_used_is_read_however_many_others_come_before(desk):
    row = {f"other{n}": "x" for n in range(3 * OTHER_COLUMNS)} | {"user": {"screen_name": "someone"}} | desk.tweet(1)
    del row["author"]
    desk.one(desk.jsonl("tweets.jsonl", [row]))
    assert desk.posts()["author"].null_count() == 0


def test_a_parquet_file_that_repeats_a_text_is_written_out_in_pieces(desk):
    text = "laid off " * 60_000
    rows = 300
    table = pa.table(
        {
            "id": [f"{n:05d}" for n in range(rows)],
            "created_at": ["2025-10-28"] * rows,
            "text": [text] * rows,
            "source": ["x"] * rows,
            "embedding": [[0.5] * 100] * rows,
        }
    )
    path = packed(desk, "tweets.parquet", table)
    assert path.stat().st_size < len(text)
    batches = list(read(path, max_ratio=100_000))
    assert sum(batch.frame.height for batch in batches) == rows
    assert max(batch.frame["text"].str.len_bytes().sum() for batch in batches) <= BATCH_CHARS + len(text)
    assert batches[0].unread == ("embedding",)
    assert pl.concat(batch.frame for batch in batches)[ROW].to_list() == list(range(1, rows + 1))


def test_rows_of_a_parquet_file_that_are_too_long_are_set_apart_unread(desk):
    texts = ["short", "x" * 5000, "short too", "x" * 5000]
    nested = [{"name": "a"}, {"name": "b"}, None, {"name": "d"}]
    table = pa.table({"id": list("1234"), "created_at": ["2025-10-28"] * 4, "text": texts, "user": nested})
    summary = desk.one(packed(desk, "tweets.parquet", table), source="x", max_row_bytes=2000)
    assert (summary.error, summary.new, summary.rejected) == (None, 2, 2)
    assert [reject["row"] for reject in desk.rejected(summary)] == [2, 4]
    assert all(len(reject["received"]) < 2000 for reject in desk.rejected(summary))


def test_a_parquet_list_whose_texts_repeat_counts_with_all_of_them(desk):
    refs = [[{"type": "quoted", "id": "7" * 50_000}] * 40] * 100
    table = pa.table(
        {"id": [str(n) for n in range(100)], "created_at": ["2025-10-28"] * 100, "text": ["t"] * 100, "referenced_tweets": refs}
    )  # fmt: skip
    batches = list(read(packed(desk, "tweets.parquet", table), max_ratio=100_000))
    assert len(batches) >= 100 * 40 * 50_000 // BATCH_CHARS
    assert sum(batch.frame.height for batch in batches) == 100


def test_one_broken_file_of_any_kind_costs_itself_alone(desk):
    doubled = pa.Table.from_arrays([pa.array(["1"]), pa.array(["a"]), pa.array(["b"])], names=["id", "text", "text"])
    lzma = io.BytesIO()
    with zipfile.ZipFile(lzma, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("tweets.jsonl", "".join(json.dumps(desk.tweet(n)) + "\n" for n in range(2000)))
    damaged = bytearray(lzma.getvalue())
    damaged[200:260] = bytes(60)
    paths = [
        packed(desk, "doubled.parquet", doubled),
        desk.file("damaged.zip", bytes(damaged)),
        desk.file("odd.csv", "id,created_at,tweet\n1,2025-10-28,a\n"),
        desk.jsonl("tweets.jsonl", [desk.tweet(9_999)]),
    ]
    mapping = {"odd": {"files": "odd.csv", "encoding": "punycode"}}
    twice, lzma_member, _, good = desk.bring(*paths, mapping=mapping)
    assert "share a name: text" in twice.error
    assert "damaged" in lzma_member.error
    assert (good.error, good.new) == (None, 1)


@pytest.mark.parametrize("encoding", ["hex", "zip", "rot13", "undefined", "no-such"])
def test_only_encodings_of_text_can_be_named(encoding):
    with pytest.raises(ValueError, match="is no known text encoding"):
        ImportSettings.model_validate({"mapping": {"a": {"files": "*", "encoding": encoding}}})

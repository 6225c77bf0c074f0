"""Damage, purging, compaction, and what the files look like to other engines."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import shutil
import subprocess
import threading

import polars as pl
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from store import LABELS, POSTS, Store, StoreError, Upserted, UsageError
from tests.stored_files import holders_of

SECRET = "the-sentence-nobody-may-find-again"


def label(post_id: str, week: dt.date) -> pl.DataFrame:
    return pl.DataFrame(
        [{"source": "x", "post_id": post_id, "model": "m", "week": week, "kind": "news"}], schema=LABELS
    )


@pytest.fixture
def lived_in(store, make_posts):
    """A table that went through append, rewrite and a move between weeks, with a secret in it."""
    store.upsert("posts", make_posts({"text": SECRET, "title": SECRET}, {"post_id": "2", "text": "stays"}))
    store.upsert("posts", make_posts({"text": SECRET, "title": SECRET, "likes": 3}))
    later = dt.datetime(2025, 11, 11, tzinfo=dt.UTC)
    store.upsert("posts", make_posts({"text": SECRET, "title": SECRET, "created_at": later, "collected_at": later}))
    store.upsert("labels", label("1", dt.date(2025, 11, 10)))
    return store


def test_text_is_never_in_the_log(lived_in, folder):
    logs = list(folder.rglob("_delta_log/*.json"))
    assert logs
    assert not [path.name for path in logs if SECRET in path.read_text() or "stays" in path.read_text()]
    added = [json.loads(line) for path in logs for line in path.read_text().splitlines() if line.startswith('{"add"')]
    bounds = [json.loads(entry["add"]["stats"]).get("minValues", {}) for entry in added]
    allowed = {"source", "post_id", "model", "created_at"}
    assert {"post_id", "created_at"} <= set().union(*bounds) <= allowed | {"older"}
    assert set().union(*(found.get("older", {}) for found in bounds)) <= allowed


def test_files_hold_plain_strings_after_append_rewrite_and_compaction(lived_in, folder):
    def types() -> set[str]:
        files = folder.rglob("*.parquet")
        return {str(kind) for path in files if "_delta_log" not in path.parts for kind in pq.read_schema(path).types}

    assert not [name for name in types() if "view" in name]
    lived_in.compact(keep_hours=0)
    assert not [name for name in types() if "view" in name]


def test_a_purge_leaves_no_byte_of_the_text(lived_in, folder, make_posts):
    page = make_posts({"text": SECRET}, {"post_id": "3", "text": "stays too"})
    lived_in.journal("x").append(page, {"page": 1})
    assert holders_of(SECRET, folder)
    keys = make_posts({}).select("source", "post_id")
    assert lived_in.purge(keys, reason="forgotten") == 1
    assert holders_of(SECRET, folder) == []
    assert lived_in.scan("posts").collect()["text"].to_list() == ["stays"]
    assert lived_in.scan("labels").collect().is_empty()
    (journal,) = lived_in.journals()
    assert [(frame["text"].to_list(), state) for frame, state in journal.replay()] == [(["stays too"], {"page": 1})]


def test_a_purged_post_never_comes_back(store, make_posts):
    rows = make_posts({}, {"post_id": "2"})
    store.upsert("posts", rows)
    keys = rows.head(1)
    assert store.purge(keys, reason="deleted") == 1
    assert store.purge(keys, reason="deleted") == 0
    assert store.upsert("posts", rows) == Upserted(duplicate=1, purged=1)
    assert store.scan("posts").collect()["post_id"].to_list() == ["2"]
    assert store.tombstoned(rows.select("source", "post_id"))["post_id"].to_list() == ["1"]
    assert store.scan("tombstones").collect()["reason"].to_list() == ["deleted"]


def test_purging_what_was_never_stored_still_bars_it(store, make_posts):
    assert store.purge(make_posts({}), reason="forgotten") == 0
    assert store.upsert("posts", make_posts({})) == Upserted(purged=1)


def test_compaction_finishes_a_purge_that_was_cut_short(lived_in, folder, make_posts):
    """As after a kill between the tombstone and the deletion."""
    stone = make_posts({}).select(
        "source", "post_id", reason=pl.lit("forgotten"), purged_at=pl.lit(dt.datetime(2025, 11, 12, tzinfo=dt.UTC))
    )
    lived_in.upsert("tombstones", stone)
    lived_in.compact()
    assert holders_of(SECRET, folder) == []
    assert lived_in.scan("labels").collect().is_empty()


def test_a_purge_finishes_another_that_was_cut_short(lived_in, folder, make_posts):
    stone = make_posts({}).select(
        "source", "post_id", reason=pl.lit("forgotten"), purged_at=pl.lit(dt.datetime(2025, 11, 12, tzinfo=dt.UTC))
    )
    lived_in.upsert("tombstones", stone)
    lived_in.purge(make_posts({"post_id": "9"}), reason="deleted")
    assert holders_of(SECRET, folder) == []


def test_without_a_lock_files_that_another_is_about_to_commit_stay(folder, make_posts):
    store = Store.open(f"file://{folder}")
    store.upsert("posts", make_posts({}, {"post_id": "2"}))
    written = next((folder / "posts").rglob("week=*/*.parquet"))
    uncommitted = written.with_name("part-uncommitted.parquet")
    shutil.copy(written, uncommitted)
    store.purge(make_posts({}), reason="forgotten")
    assert uncommitted.exists()
    assert not written.exists()


def test_projects_in_object_stores_keep_their_journals_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    one, other = (Store.open(f"s3://bucket/{name}").journal("x").path for name in ("a", "b"))
    assert one != other
    assert one == Store.open("s3://bucket/a/").journal("x").path


def test_compaction_keeps_the_rows_and_leaves_one_file_a_week(store, many_posts, content):
    for start in range(0, 400, 100):
        store.upsert("posts", many_posts(100, first=start, weeks=3))
    before = content(store)
    store.compact()
    assert content(store) == before
    assert len(DeltaTable(f"{store.root}/posts").file_uris()) == 3


def test_rows_are_deleted_by_all_or_part_of_the_key(store):
    week = dt.date(2025, 11, 10)
    store.upsert("labels", pl.concat([label("1", week), label("2", week), label("3", dt.date(2025, 11, 17))]))
    assert store.delete("labels", pl.DataFrame({"source": ["x"], "post_id": ["1"]})) == 1
    assert store.delete("labels", pl.DataFrame({"model": ["m"]})) == 2
    assert store.delete("labels", pl.DataFrame({"model": ["m"]})) == 0
    assert store.scan("labels").collect().is_empty()
    with pytest.raises(UsageError, match="source, post_id, model"):
        store.delete("labels", pl.DataFrame({"kind": ["news"]}))


def test_a_reader_finishes_on_its_snapshot_while_rows_are_replaced(store, make_posts):
    store.upsert("posts", make_posts({"text": "old"}))
    reading = store.scan("posts")
    store.upsert("posts", make_posts({"text": "new", "collected_at": dt.datetime(2025, 12, 1, tzinfo=dt.UTC)}))
    store.compact()
    assert reading.collect()["text"].to_list() == ["old"]


def test_a_folder_that_is_no_table_is_refused(folder, store, make_posts):
    (folder / "posts").mkdir(parents=True)
    (folder / "posts" / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"not a Delta table.*move it away"):
        store.scan("posts")
    with pytest.raises(StoreError, match="not a Delta table"):
        store.upsert("posts", make_posts({}))


def test_a_table_that_lost_its_log_is_damaged_not_empty(folder, store, make_posts):
    store.upsert("posts", make_posts({}))
    shutil.rmtree(folder / "posts" / "_delta_log")
    with pytest.raises(StoreError, match="_delta_log is missing"):
        store.upsert("posts", make_posts({}))


def test_a_garbled_log_is_reported_with_what_to_do(folder, store, make_posts):
    store.upsert("posts", make_posts({}))
    for entry in (folder / "posts" / "_delta_log").glob("*.json"):
        entry.write_bytes(b"\x00garbage")
    with pytest.raises(StoreError, match=r"damaged.*backup"):
        store.scan("posts")


class Refusing(http.server.BaseHTTPRequestHandler):
    """An object store that says no to everything."""

    def do_GET(self):
        status, code = (404, "NoSuchBucket") if self.path.startswith("/nowhere") else (403, "AccessDenied")
        body = f"<Error><Code>{code}</Code><Message>No</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_HEAD = do_GET  # noqa: N815 - the base class looks for these names

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("bucket", "listening", "told"),
    [
        ("private", True, r"^No access to s3://private/p/posts.*AWS_ACCESS_KEY_ID.*AccessDenied"),
        ("nowhere", True, r"^There is no bucket for s3://nowhere/p/posts.*NoSuchBucket"),
        ("private", False, r"^s3://private/p/posts can't be reached.*Connection refused"),
    ],
)
def test_an_object_store_that_cannot_be_asked_is_not_called_damaged(monkeypatch, bucket, listening, told):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = {
        "aws_access_key_id": "a",
        "aws_secret_access_key": "b",
        "aws_region": "us-east-1",
        "aws_endpoint_url": f"http://127.0.0.1:{server.server_port}",
        "allow_http": "true",
        "max_retries": "0",
    }
    if not listening:
        server.shutdown()
        server.server_close()
    with pytest.raises(StoreError, match=told) as caught:
        Store.open(f"s3://{bucket}/p", storage_options=options).scan("posts")
    assert "\x1b" not in str(caught.value)
    if listening:
        server.shutdown()
        server.server_close()


def test_a_missing_data_file_is_a_store_error_on_upsert(folder, store, make_posts):
    store.upsert("posts", make_posts({}))
    for path in (folder / "posts").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(StoreError, match="Reading failed"):
        store.upsert("posts", make_posts({"text": "new"}))


def test_a_cut_data_file_is_a_store_error_on_upsert(folder, store, make_posts):
    store.upsert("posts", make_posts({}))
    for path in (folder / "posts").rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(StoreError, match="Reading failed"):
        store.upsert("posts", make_posts({"text": "new"}))


def test_a_table_of_another_version_names_the_columns(folder, store, make_posts):
    old = make_posts({}).drop("community").with_columns(likes=pl.lit(1.5), mood=pl.lit("sad"))
    write_deltalake(str(folder / "posts"), old.to_arrow(compat_level=pl.CompatLevel.oldest()))
    with pytest.raises(StoreError, match=r"another version: missing community, older; unknown mood; types: likes"):
        store.scan("posts")


def test_the_data_folder_may_not_be_a_table_itself(folder, make_posts):
    Store.open(folder).upsert("posts", make_posts({}))
    with pytest.raises(StoreError, match="folder above"):
        Store.open(folder / "posts")


def test_other_engines_read_the_partitions(store, many_posts):
    store.upsert("posts", many_posts(50, weeks=2))
    table = DeltaTable(f"{store.root}/posts")
    assert table.metadata().partition_columns == ["week"]
    assert table.to_pyarrow_table(columns=["post_id"]).num_rows == 50
    assert set(POSTS.names()) <= {field.name for field in table.schema().fields}


def test_grep_agrees_about_the_log(lived_in, folder):
    found = subprocess.run(["grep", "-r", SECRET, "--include=*.json", str(folder)], capture_output=True, check=False)
    assert found.returncode == 1

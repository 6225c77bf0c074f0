"""Whatever comes in: a clear message, exact counts, and nothing stored is harmed."""

import datetime as dt
import gzip
import io
import json
import os
import stat
import zipfile

import polars as pl
import pytest

from store import InputError, StoreError


def test_an_empty_file_is_said_to_be_empty(desk):
    assert "tweets.csv is empty" in desk.one(desk.file("tweets.csv", "")).error
    assert "is empty" in desk.one(desk.file("tweets.jsonl.gz", gzip.compress(b""))).error
    assert "is empty" in desk.one(desk.file("tweets.json", " \n \n")).error


def test_a_missing_file_does_not_stop_the_others(desk):
    good = desk.jsonl("tweets.jsonl", [desk.tweet(1)])
    missing, found = desk.bring(desk.folder / "nowhere.csv", good)
    assert "There is no" in missing.error
    assert (found.error, found.new) == (None, 1)


def test_a_pipe_is_refused_instead_of_waited_for(desk):
    os.mkfifo(desk.folder / "pipe.csv")
    assert "pipe or device" in desk.one(desk.folder / "pipe.csv").error


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(range(256)) * 50 + b"\x00" * 5000, "binary file"),
        (b"%PDF-1.7 and so on", "a PDF"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "a picture"),
        (b"SQLite format 3\x00", "SQLite"),
        ("id,text\n1,hé\n".encode("utf-16-le"), "encoding that it doesn't state"),
    ],
)
def test_a_binary_file_is_named_as_what_it_is(desk, content: bytes, words: str):
    summary = desk.one(desk.file("tweets.csv", content))
    assert words in summary.error
    assert summary.seen == 0


def test_a_wrong_encoding_is_named_with_the_offset_and_the_remedy(desk):
    content = "id,created_at,tweet\n1,2025-10-28,Kündigung\n".encode("cp1252")
    path = desk.file("alt.csv", content)
    summary = desk.one(path)
    assert f"offset {content.index(0xFC)}" in summary.error
    assert 'encoding = "cp1252"' in summary.error
    mapping = {"alt": {"files": "alt*.csv", "encoding": "cp1252"}}
    assert desk.one(path, mapping=mapping).error is None
    assert desk.posts()["text"].to_list() == ["Kündigung"]


def test_binary_in_mid_file_keeps_what_came_before(desk):
    rows = "".join(json.dumps(desk.tweet(n)) + "\n" for n in range(20_000)).encode()
    summary = desk.one(desk.file("tweets.jsonl", rows + b"\xff\xfe\x00\x01" * 1000), batch_rows=5000)
    assert f"offset {len(rows):,}" in summary.error
    assert summary.new >= 15_000


def test_a_truncated_gzip_keeps_what_came_before(desk):
    rows = "".join(json.dumps(desk.tweet(n, text=os.urandom(40).hex())) + "\n" for n in range(20_000)).encode()
    packed = gzip.compress(rows)
    cut, good = desk.bring(
        desk.file("tweets.jsonl.gz", packed[: len(packed) * 3 // 4]),
        desk.jsonl("tweets2.jsonl", [desk.tweet(99_999)]),
        batch_rows=2000,
    )
    assert "truncated or damaged" in cut.error
    assert 10_000 <= cut.new < 20_000
    assert good.new == 1
    # The whole file later brings the rest.
    whole = desk.one(desk.file("tweets.jsonl.gz", packed))
    assert (whole.error, whole.new + cut.new) == (None, 20_000)


def test_a_gzip_cut_within_its_first_bytes_keeps_what_came_before(desk):
    rows = "".join(json.dumps(desk.tweet(n, text=os.urandom(40).hex())) + "\n" for n in range(200)).encode()
    packed = gzip.compress(rows)
    cut = desk.one(desk.file("tweets.jsonl.gz", packed[: len(packed) // 2]))
    assert "truncated or damaged" in cut.error
    assert 20 <= cut.new < 200


def test_a_200_mb_line_is_refused_and_reading_goes_on(desk):
    """Line, CSV field and JSON element: each costs one rejected row with its number."""
    # gzip files can be joined: the huge part is packed once.
    huge = gzip.compress(b"x" * 200_000_000, 1)
    first, last = (json.dumps(desk.tweet(n)).encode() for n in (1, 2))
    files = {
        "tweets.jsonl.gz": (first + b'\n{"text": "', b'"}\n' + last + b"\n"),
        "tweets.json.gz": (b"[" + first + b',{"text": "', b'"},' + last + b"]"),
        "tweet.csv.gz": (b'id,created_at,tweet\n00001,2025-10-28,a\n7,2025-10-28,"', b'"\n00002,2025-10-28,b\n'),
    }
    for name, (before, after) in files.items():
        content = gzip.compress(before) + huge + gzip.compress(after)
        summary = desk.one(desk.file(name, content), max_ratio=2000)
        assert (summary.error, summary.seen, summary.rejected) == (None, 3, 1), name
        (reject,) = desk.rejected(summary)
        assert "longer than a row may be" in reject["reason"]
        assert reject["row"] == (3 if "csv" in name else 2)
    assert desk.posts()["post_id"].to_list() == ["00001", "00002"]


def test_rows_that_can_not_be_stored_go_to_the_reject_file_with_their_reason(desk):
    bad = {
        "": "no text",
        " \n\t\u200b\ufeff": "no text",
        "\x00\x00": "no text",
        None: "no text",
    }
    times = {
        "1970-01-01T00:00:00Z": "before 2004",
        "0": "before 2004",
        "2099-01-01": "in the future",
        "99999999999999": "in the future",
        "2025-02-30": "no readable time",
        "yesterday": "no readable time",
        "": "no readable time",
        None: "no readable time",
        "-99999999999999999999": "no readable time",
        "9999-12-31T23:59:59-23:59": "in the future",
        "0001-01-01T00:00:00+23:59": "before 2004",
    }
    rows = (
        [desk.tweet(1)]
        + [desk.tweet(2, text=text) for text in bad]
        + [desk.tweet(3, created_at=time) for time in times]
    )
    summary = desk.one(desk.jsonl("tweets.jsonl", rows))
    assert (summary.new, summary.rejected) == (1, len(bad) + len(times))
    rejected = desk.rejected(summary)
    for reject, (row, reason) in zip(rejected, enumerate([*bad.values(), *times.values()], 2), strict=True):
        assert (reject["file"], reject["row"]) == ("tweets.jsonl", row)
        assert reason in reject["reason"]
        assert reject["received"]["id"] in ("00002", "00003")
    assert stat.S_IMODE(summary.reject_file.stat().st_mode) == 0o600


def test_a_reject_file_goes_when_its_input_is_clean(desk):
    first = desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1), desk.tweet(2, text="")]))
    assert first.reject_file.exists()
    second = desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1), desk.tweet(2)]))
    assert second.reject_file is None
    assert not first.reject_file.exists()


def test_a_reject_file_stays_when_the_next_import_fails(desk):
    rows = [json.dumps(desk.tweet(n, text="" if n == 2 else "t")) for n in range(1, 5)]
    path = desk.file("tweets.jsonl", "\n".join(rows))
    first = desk.one(path)
    desk.file("tweets.jsonl", b"\xff" * 100)
    failed = desk.one(path)
    assert failed.error
    assert [reject["row"] for reject in desk.rejected(first)] == [2]
    desk.file("tweets.jsonl", rows[0].encode() + b"\n{}\n" + b"\xff" * 100)
    assert [reject["row"] for reject in desk.rejected(desk.one(path))] == [2, 2]
    assert [file.name for file in desk.rejects_folder.iterdir()] == [first.reject_file.name]


def test_counts_are_numbers_or_none(desk):
    said = {"7": 7, "1,234": 1234, "12,34,567": 1234567, "3.0": 3, "1,5": None, "1,23,4": None, "2.1K": None, "": None}
    rows = "".join(f'{n},2025-10-28,t,"{likes}"\n' for n, likes in enumerate(said))
    summary = desk.one(desk.file("tweets.csv", "id,created_at,tweet,likes\n" + rows))
    assert desk.posts()["likes"].to_list() == list(said.values())
    assert summary.unread_counts == 3


def test_emoji_right_to_left_and_nul_are_texts(desk):
    texts = ["😭💔", "شركة أمازون سرّحتني اليوم", "מפוטר", "vor\x00her", "👨‍👩‍👧", "?!", "解雇"]
    desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(n, text=text) for n, text in enumerate(texts)]))
    assert desk.posts()["text"].to_list() == [text.replace("\x00", "") for text in texts]


def test_lone_surrogates_become_the_replacement_character(desk):
    desk.one(desk.file("tweets.jsonl", json.dumps(desk.tweet(1)).replace("post 1", "\\ud83d half") + "\n"))
    assert desk.posts()["text"].to_list() == ["\ufffd half on #layoffs"]


def test_naive_times_are_utc_unless_the_mapping_names_their_zone(desk):
    path = desk.jsonl("tweets.jsonl", [desk.tweet(1, created_at="2025-10-28 23:30:00")])
    desk.one(path)
    assert desk.posts()["created_at"].item() == dt.datetime(2025, 10, 28, 23, 30, tzinfo=dt.UTC)
    other = desk.another("other")
    other.one(path, mapping={"t": {"files": "tweets*", "timezone": "Europe/Berlin"}})
    assert other.posts()["created_at"].item() == dt.datetime(2025, 10, 28, 22, 30, tzinfo=dt.UTC)


def test_csv_rows_with_too_few_or_too_many_fields_are_set_apart(desk):
    content = "id,created_at,tweet\n1,2025-10-28,a\n2,2025-10-28\n3,2025-10-28,b,c\n\n4,2025-10-28,d\n"
    summary = desk.one(desk.file("f.csv", content))
    assert (summary.new, summary.rejected) == (2, 2)
    assert [(r["row"], r["reason"]) for r in desk.rejected(summary)] == [
        (3, "2 fields where the header has 3"),
        (4, "4 fields where the header has 3"),
    ]


def test_json_rows_that_are_none_are_set_apart(desk):
    lines = [
        json.dumps(desk.tweet(1)),
        '{"id": "2", "text": "cut of',
        '{"id": "3", "text": "a", "text": "b", "created_at": "2025-10-28"}',
        "[" * 100_000,
        '["a list"]',
        "12",
        json.dumps(desk.tweet(7) | {"likes": float("nan"), "replies": float("inf"), "extra": [{"a": {"b": [1]}}]}),
        '{"id": ' + "9" * 5000 + "}",
        '{"a":' * 50_000,
    ]
    summary = desk.one(desk.file("tweets.jsonl", "\n".join(lines)))
    assert (summary.seen, summary.new, summary.rejected) == (9, 2, 7)
    reasons = {reject["row"]: reject["reason"] for reject in desk.rejected(summary)}
    assert "not readable as JSON" in reasons[2]
    assert reasons[3] == "the key text stands there twice"
    assert reasons[4] == reasons[9] == "nested too deeply"
    assert reasons[5] == reasons[6] == "not a JSON object"
    assert desk.posts()["likes"].to_list() == [1, None]


def test_a_json_array_with_a_broken_element_goes_on_after_it(desk):
    content = f'[{json.dumps(desk.tweet(1))}, {{"id": "2", "text": nope}}, {json.dumps(desk.tweet(3))}, {{"text": "x", "text": "y"}}, {json.dumps(desk.tweet(5))}]'
    summary = desk.one(desk.file("tweets.json", content))
    assert (summary.error, summary.new, summary.rejected) == (None, 3, 2)


@pytest.mark.parametrize("stray", ["}", "]]", "},{"])
def test_a_stray_bracket_ends_a_json_array_with_an_error(desk, stray: str):
    content = f"[{json.dumps(desk.tweet(1))}, {stray} {json.dumps(desk.tweet(2))}]"
    summary = desk.one(desk.file("tweets.json", content))
    assert "is not JSON" in summary.error
    assert summary.new == 1


def test_a_quoted_line_that_holds_a_line_break_is_set_apart(desk):
    content = 'id,created_at,tweet\n"1,2025-10-28\nand, more"\n2,2025-10-28,whole\n'
    summary = desk.one(desk.file("f.csv", content))
    assert (summary.error, summary.new, summary.rejected) == (None, 1, 1)


def test_a_truncated_json_array_keeps_what_came_before(desk):
    content = json.dumps([desk.tweet(n) for n in range(10)])
    summary = desk.one(desk.file("tweets.json", content[:-40]))
    assert "ends in the middle of row 10" in summary.error


@pytest.mark.parametrize("content", ["hello", '{"a" 1}', '"text"', "[1, 2] x"])
def test_what_only_looks_like_json_is_refused(desk, content: str):
    assert desk.one(desk.file("tweets.json", content)).error


def test_missing_columns_are_named_with_what_was_found_and_how_to_map(desk):
    error = desk.one(desk.file("agency.csv", "Nr,Beitrag,Datum\n1,a,28.10.2025\n"), source="linkedin").error
    assert "has no column for text" in error
    assert "Nr, Beitrag, Datum" in error
    assert "[import.mapping.NAME]" in error


def test_a_mapping_reads_foreign_columns_and_dates(desk):
    path = desk.file("agency-1.csv", "Nr;Beitrag;Datum;Ort\n7;Alle gekündigt;28.10.2025 09:15;Köln\n")
    mapping = {
        "files": "agency-*.csv",
        "source": "LinkedIn",
        "columns": {"post_id": "Nr", "text": "Beitrag", "created_at": "Datum"},
        "date_format": "%d.%m.%Y %H:%M",
        "timezone": "Europe/Berlin",
    }
    summary = desk.one(path, mapping={"agency": mapping})
    assert (summary.error, summary.unknown_columns) == (None, ("Ort",))
    post = desk.posts().row(0, named=True)
    assert (post["source"], post["post_id"], post["text"]) == ("linkedin", "7", "Alle gekündigt")
    assert post["created_at"] == dt.datetime(2025, 10, 28, 8, 15, tzinfo=dt.UTC)


def test_a_mapping_that_names_an_absent_column_is_refused(desk):
    mapping = {"m": {"files": "*", "columns": {"text": "Txt"}}}
    error = desk.one(desk.file("f.csv", "id,text,date\n1,a,2025-10-28\n"), mapping=mapping).error
    assert 'text = "Txt"' in error


def test_columns_that_share_a_name_are_refused(desk):
    assert "share a name: text" in desk.one(desk.file("f.csv", "id,text,text\n1,a,b\n")).error


def test_a_platform_that_nobody_says_is_asked_for(desk):
    path = desk.file("posts.csv", "id,text,date\n1,a,2025-10-28\n")
    assert "--source" in desk.one(path).error
    assert desk.one(path, source="Twitter").new == 1
    assert desk.posts()["source"].item() == "x"
    with pytest.raises(InputError, match="can't be a source"):
        desk.bring(path, source="../x")


def test_a_stored_source_column_wins_over_the_argument(desk):
    path = desk.jsonl(
        "mixed.jsonl",
        [
            desk.tweet(1, source="bsky"),
            desk.tweet(2, platform="www.x.com"),
            desk.tweet(3, source="Web App"),
            desk.tweet(4, source="Friendster"),
        ],
    )
    desk.one(path, source="mastodon")
    assert desk.posts()["source"].to_list() == ["bluesky", "friendster", "mastodon", "x"]


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


def test_a_file_none_of_whose_rows_can_be_used_fails_with_the_reason(desk):
    error = desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(n, created_at=None) for n in range(5)])).error
    assert "None of the 5 rows" in error
    assert "no readable time" in error


def test_what_is_not_known_is_named_and_not_stored(desk):
    summary = desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1, real_name="Jane Roe", geo={"place": "here"})]))
    assert summary.unknown_columns == ("real_name", "geo.place")
    assert "Jane Roe" not in str(desk.posts().to_dicts())


def test_names_and_addresses_are_masked_before_anything_is_stored(desk):
    text = "thanks @jane_roe and @amazon, mail jane@roe.org"
    desk.one(
        desk.jsonl("tweets.jsonl", [desk.tweet(1, text=text, author="jane_roe")]), keep_handles=frozenset({"amazon"})
    )
    post = desk.posts().row(0, named=True)
    assert "jane" not in str(post)
    assert "@amazon" in post["text"]
    stored = [path for path in (desk.folder / "data").rglob("*") if path.is_file()]
    assert not any(b"jane" in path.read_bytes() for path in stored)


def test_a_row_states_when_it_was_collected_else_the_file_does(desk):
    desk.one(
        desk.jsonl(
            "tweets.jsonl",
            [
                desk.tweet(1),
                desk.tweet(2, retrieved_at="2025-11-01T00:00:00Z"),
                desk.tweet(3, created_at="2025-12-24T00:00:00Z"),
            ],
        )
    )
    assert desk.posts()["collected_at"].to_list() == [
        desk.written,
        dt.datetime(2025, 11, 1, tzinfo=dt.UTC),
        dt.datetime(2025, 12, 24, tzinfo=dt.UTC),  # the file's time is wrong: it can't be older than what it holds
    ]


def test_rejects_that_can_not_be_written_end_the_import_with_a_clear_error(desk):
    desk.file("rejects", "a file where the folder should be")
    with pytest.raises(StoreError, match="Rejected rows can't be written"):
        desk.bring(desk.jsonl("tweets.jsonl", [desk.tweet(1), desk.tweet(2, text="")]))
    assert desk.posts().height == 1


def test_every_file_gets_a_row_in_runs(desk):
    desk.bring(desk.jsonl("tweets.jsonl", [desk.tweet(1), desk.tweet(2, text="")]), desk.file("tweets.csv", ""))
    runs = desk.store.scan("runs").collect().sort("run_id")
    assert runs["query"].to_list() == ["tweets.jsonl", "tweets.csv"]
    assert runs["status"].to_list() == ["done", "failed"]
    assert runs.select("seen", "new", "rejected").row(0) == (2, 1, 1)


def test_progress_ends_at_the_rows_read(desk):
    from collectors import ImportSettings, import_files

    calls = []
    files = [desk.jsonl(f"tweets{n}.jsonl", [desk.tweet(n * 1000 + i) for i in range(300)]) for n in range(3)]
    import_files(
        files,
        store=desk.store,
        settings=ImportSettings(batch_rows=100),
        keep_handles=frozenset(),
        rejects_folder=desk.rejects_folder,
        on_progress=lambda done, total: calls.append((done, total)),
    )
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert calls[-1] == (900, 900)
    assert all(total is None or total >= rows for rows, total in calls)


def test_posts_schema_is_kept(desk):
    desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1)]))
    assert desk.posts().schema["created_at"] == pl.Datetime("us", "UTC")


def test_a_csv_without_header_quotes_no_post_in_its_error(desk, caplog):
    caplog.set_level("INFO")
    row = "17,2025-10-28,thanks @janedoe,jane@roe.org,0171 1234567,and a text that goes on for longer than any column's name\n"
    summary = desk.one(desk.file("bare.csv", row * 3))
    assert "is the header missing?" in summary.error
    doubled = desk.one(desk.file("doubled.csv", "a text,jane@roe.org,jane@roe.org\n" * 3))
    assert "share a name" in doubled.error
    said = f"{summary.error} {doubled.error} {caplog.text} {desk.store.scan('runs').collect()['error'].to_list()}"
    assert not [private for private in ("jane", "0171", "goes on") if private in said]


def test_ids_that_a_spreadsheet_rounded_are_refused_and_decimals_taken_back(desk):
    content = (
        "id,created_at,tweet,thread_id,parent_id\n1.98346E+18,2025-10-28,a,,\n1.98346E+18,2025-10-28,b,,\n"
        "12.0,2025-10-28,c,11.0,10.0\n13,2025-10-28,d,1.98346E+18,\n"
    )
    summary = desk.one(desk.file("f.csv", content))
    assert [reject["reason"].split(":")[0] for reject in desk.rejected(summary)] == [
        "the id was rounded by a spreadsheet"
    ] * 2
    found = desk.posts().select("post_id", "thread_id", "parent_id").rows()
    assert found == [("12", "11", "10"), ("13", None, None)]


def test_lists_in_parquet_name_the_first_edit(desk):
    frame = pl.DataFrame([desk.tweet(1, edit_history_tweet_ids=["7", "00001"])])
    frame.write_parquet(desk.folder / "tweets.parquet")
    desk.one(desk.folder / "tweets.parquet")
    assert desk.posts()["post_id"].to_list() == ["7"]


@pytest.mark.parametrize("source", ["mastodon", "hackernews"])
def test_names_in_html_are_masked(desk, source: str):
    text = '<p>sorry <a href="https://m.example/@janedoe">@<span>janedoe</span></a></p><p>R&amp;D is gone</p>'
    desk.one(desk.jsonl("dump.jsonl", [desk.tweet(1, text=text)]), source=source)
    assert (
        desk.posts()["text"].to_list() == ["sorry @user\n\nR&D is gone"] or "janedoe" not in desk.posts()["text"].item()
    )


def test_two_authors_who_write_the_same_on_a_day_are_two_posts(desk):
    content = "date,author,text\n2025-10-28,ann,So sorry\n2025-10-28,bob,So sorry\n2025-10-28,@Bob,So sorry\n"
    summary = desk.one(desk.file("f.csv", content), source="blind")
    assert (summary.new, summary.duplicate) == (2, 1)


_DM = {"recipientId": "2", "text": "between us", "senderId": "1", "id": "99", "createdAt": "2025-10-28T10:00:00.000Z"}
_CONVERSATION = {"dmConversation": {"conversationId": "1-2", "messages": [{"messageCreate": _DM}]}}
_LINKEDIN_MESSAGES = "CONVERSATION ID,FROM,TO,DATE,SUBJECT,CONTENT\n2-1,Ada,Bob,2025-10-28 09:00:00 UTC,,between us\n"
_CHAT = {
    "id": 1,
    "type": "message",
    "date": "2025-10-28T10:00:00",
    "from": "Ada",
    "from_id": "user1",
    "text": "between us",
}
_PRIVATE = {
    "posts.csv": _LINKEDIN_MESSAGES,
    "no-recipient.csv": _LINKEDIN_MESSAGES.replace("TO,", "").replace("Bob,", ""),
    "reddit.csv": "id,permalink,thread_id,date,ip,from,to,subject,body\n1,,,2025-10-28,,a,b,hi,between us\n",
    "chat.csv": "message_id,created_at,username,message,channel_url,subreddit,channel_name,conversation_type\n1,2025-10-28,a,between us,u,,,direct\n",
    "direct-messages.js": f"window.YTD.direct_messages.part0 = {json.dumps([_CONVERSATION])}",
    "tweets.json": f"window.YTD.direct_messages_group.part0 = {json.dumps([_CONVERSATION])}",
    "stripped.json": json.dumps([_CONVERSATION]),
    "flat.jsonl": json.dumps(_DM),
    "api.jsonl": json.dumps({"id": "1", "text": "between us", "dm_conversation_id": "1-2", "created_at": "2025-10-28"}),
    "old-api.jsonl": json.dumps(
        {"id": "1", "text": "x", "message_create": {"sender_id": "1"}, "created_at": "2025-10-28"}
    ),
    "facebook.json": json.dumps([{"sender_name": "Ada", "timestamp_ms": 1761700000000, "content": "between us"}]),
    "instagram.csv": "sender_name,timestamp,content\nAda,1761700000,between us\n",
    "mail.csv": "from,date,subject,body\nada,2025-10-28,hi,between us\n",
    "telegram.json": json.dumps([_CHAT]),
    "telegram.csv": "id,type,date,from,from_id,text\n1,message,2025-10-28T10:00:00,Ada,user1,between us\n",
}


@pytest.mark.parametrize("name", _PRIVATE)
@pytest.mark.parametrize("way", ["plain", "zip", "mapped"])
def test_private_messages_are_refused_by_their_columns_whatever_the_file_is_called(desk, name: str, way: str):
    if way == "zip":
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(name.replace(".js", ".json") if name.endswith(".js") else name, _PRIVATE[name])
        (summary,) = desk.bring(desk.file("all.zip", content.getvalue()), source="x")
    else:
        mapping = {"a": {"files": "*", "source": "x"}} if way == "mapped" else {}
        summary = desk.one(desk.file(name, _PRIVATE[name]), source="x", mapping=mapping)
    assert "private messages" in summary.error
    assert "between us" not in summary.error
    assert summary.reject_file is None
    assert desk.posts().is_empty()


def test_public_posts_with_a_conversation_or_an_addressee_are_no_private_messages(desk):
    api = desk.tweet(1) | {"conversation_id": "1", "in_reply_to_user_id": "5", "to_user": "bob", "from_user": "ada"}
    assert desk.one(desk.jsonl("tweets.jsonl", [api])).new == 1
    scraped = "date,username,to,replies,retweets,text,id\n2025-10-28,ada,bob,0,1,laid off,7\n"
    assert desk.one(desk.file("tweets.csv", scraped)).new == 1
    channel = _CHAT | {"from_id": "channel1"}
    assert desk.one(desk.jsonl("channel.jsonl", [channel]), source="telegram").new == 1
    page = {"id": "1_2", "from": {"name": "Acme", "id": "1"}, "message": "laid off", "created_time": "2025-10-28"}
    columns = {"m": {"files": "page*", "columns": {"created_at": "created_time"}}}
    assert desk.one(desk.jsonl("page.jsonl", [page]), source="facebook", mapping=columns).new == 1

"""Commands over a damaged table: a sentence that names it, and no traceback."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import analysis
from store import TABLES

ROW = '{"source": "x", "id": "1", "created_at": "2025-10-28T10:00:00Z", "text": "Amazon laid me off today, I am so angry"}\n'


EVENTS = "company,date,jobs,stage,source_url\nAmazon,2025-10-28,14000,announced,https://example.com\n"


def cut(file):
    """As a full disk or a broken copy leaves it."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def garble(file):
    """Other bytes in one column, and not of the key; the file's own description of itself stays whole."""
    group = pq.ParquetFile(file).metadata.row_group(0)
    columns = {(found := group.column(number)).path_in_schema: found for number in range(group.num_columns)}
    chunk = next(columns[name] for name in ("text", "lang", "status", "reason") if name in columns)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray(file.read_bytes())
    content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    file.write_bytes(content)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where the filled project is kept for the next test: filling takes seconds."""
    return tmp_path_factory.mktemp("kept") / "project"


@pytest.fixture
def filled(project, tmp_path, kept):
    """A row in every table."""
    if kept.exists():
        shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
        return project
    (tmp_path / "posts.jsonl").write_text(ROW + ROW.replace('"1"', '"2"'))
    (tmp_path / "events.csv").write_text(EVENTS)
    for words in ("import posts.jsonl", "events events.csv", "label", "forget x 2"):
        ended = project(*words.split())
        assert ended.code == 0, ended.err
    shutil.copytree(tmp_path, kept)
    return project


def files_of(table, folder):
    """The data files of a table."""
    return [file for file in (folder / "data" / table).rglob("*.parquet") if "_delta_log" not in file.parts]


@pytest.fixture
def damaged(filled, tmp_path):
    for file in files_of("posts", tmp_path):
        cut(file)
    return filled


@pytest.mark.parametrize(
    ("damage", "model"),
    [(Path.unlink, "missing"), (cut, "bundled"), (garble, "bundled")],
    ids=["deleted, and no model", "cut", "garbled"],
)
@pytest.mark.parametrize("table", TABLES)
def test_doctor_goes_on_to_the_model_and_the_sources_beside_a_damaged_table(filled, tmp_path, table, damage, model):
    files = files_of(table, tmp_path)
    assert files
    for file in files:
        damage(file)
    if model == "missing":
        (tmp_path / "config.toml").write_text('[model]\nbackend = "transformers"\nname = "./nowhere"\n')
    ended = filled("doctor")
    assert ended.code == 1
    assert re.search(rf"^tables    failed: .*/data/{table} is damaged", ended.out, re.MULTILINE)
    assert f"model     {'fine' if model == 'bundled' else 'failed'}: " in ended.out
    assert "Hacker News" in ended.out


@pytest.mark.parametrize("file", ["model.onnx", "quality.json"])
def test_doctor_goes_on_to_the_tables_and_the_sources_beside_a_damaged_model(project, tmp_path, file):
    package = tmp_path / "installed" / "analysis"
    shutil.copytree(Path(analysis.__file__).parent, package)
    path = package / "classifier" / "artefact" / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    where = os.pathsep.join([str(package.parent), str(Path(analysis.__file__).parents[1])])

    def doctor(*options):
        return subprocess.run(
            [sys.executable, "-c", "from layoffs.cli import main; main()", "doctor", *options],
            env={**os.environ, "PYTHONPATH": where},
            capture_output=True,
            text=True,
            check=False,
        )

    ended = doctor()
    assert ended.returncode == 1
    assert re.search(
        rf"^settings  fine: .*\ntables    fine: .*\nmodel     failed: .*/{file} is not the released one: its SHA-256 is .*\n",
        ended.stdout,
        re.MULTILINE,
    )
    assert "Hacker News" in ended.stdout
    found = json.loads(doctor("--json").stdout)
    assert (found["model"], found["exit_code"], found["stored"]["posts"]) == (None, 1, 0)
    assert f"{file} is not the released one" in found["model_problem"]


def test_doctor_counts_posts_without_the_model_of_your_own_that_is_not_there(project, tmp_path):
    (tmp_path / "config.toml").write_text('[model]\nbackend = "transformers"\nname = "./nowhere"\n')
    ended = project("doctor")
    assert ended.code == 1
    assert "tables    fine: 0 posts" in ended.out
    assert re.search(r"^model     failed: .*nowhere", ended.out, re.MULTILINE)


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("label",),
        ("report", "--week", "2025-W44"),
        ("export", "posts", "posts.csv"),
        ("export", "reactions", "reactions.csv"),
        ("export", "weekly", "weekly.csv"),
        ("forget", "x", "1"),
    ],
    ids=" ".join,
)
def test_a_damaged_table_is_named_without_a_traceback(damaged, command):
    ended = damaged(*command)
    assert ended.code == 1
    assert "/data/posts is damaged" in " ".join(ended.err.split())
    assert "Traceback" not in ended.err

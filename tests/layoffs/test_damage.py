"""Commands over a damaged table: a sentence that names it, and no traceback."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import analysis

ROW = '{"source": "x", "id": "1", "created_at": "2025-10-28T10:00:00Z", "text": "Amazon laid me off today, I am so angry"}\n'


@pytest.fixture
def damaged(project, tmp_path):
    (tmp_path / "posts.jsonl").write_text(ROW)
    assert project("import", "posts.jsonl").code == 0
    assert project("label").code == 0
    (file,) = (tmp_path / "data" / "posts").rglob("week=*/*.parquet")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return project


def test_doctor_goes_on_to_the_model_and_the_sources_beside_a_damaged_table(damaged):
    ended = damaged("doctor")
    assert ended.code == 1
    assert re.search(r"^tables    failed: .*/data/posts is damaged", ended.out, re.MULTILINE)
    assert "model     fine: " in ended.out
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

"""Commands over a damaged table: a sentence that names it, and no traceback."""

import pytest

ROW = '{"source": "x", "id": "1", "created_at": "2025-10-28T10:00:00Z", "text": "Amazon laid me off today, I am so angry"}\n'


@pytest.fixture
def damaged(project, tmp_path):
    (tmp_path / "posts.jsonl").write_text(ROW)
    assert project("import", "posts.jsonl").code == 0
    assert project("label").code == 0
    (file,) = (tmp_path / "data" / "posts").rglob("week=*/*.parquet")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return project


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

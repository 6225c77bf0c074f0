"""What is said of a release, and what is refused."""

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")

from training import release
from training.net_errors import net_errors
from training.release import described, install


def test_the_figures_name_the_posts_they_rest_on():
    rows = [{"source": "linkedin", "created_at": "2026-01-05"}, {"source": "x"}, {"source": "linkedin"}]
    assert described(rows) == (
        "3 annotated posts (2 from linkedin, 1 from x, 2026 to 2026) whose threads and authors were kept out of training"
    )


def test_an_artefact_too_large_for_the_package_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(release, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(release, "MOST_BYTES", 10)
    for name in (*release.FILES, "manifest.py"):
        (tmp_path / name).write_bytes(b"12345")
    with pytest.raises(ValueError, match="fewer word pieces"):
        install(tmp_path)
    assert not (tmp_path / "package").exists()


def labelled(sentiments):
    """Tweets of four weeks, all reactions; every second negative one is read as neutral."""
    rows, read = [], []
    for i, sentiment in enumerate(sentiments):
        rows.append(
            {
                "source": "x",
                "kind": "reaction",
                "sentiment": sentiment,
                "stratum": "random",
                "created_at": f"2025-10-{1 + 7 * (i % 4):02}T12:00:00Z",
            }
        )
        read.append("neutral" if sentiment == "negative" and i // 4 % 2 else sentiment)
    probabilities = {f"p_{name}": [float(r == name) for r in read] for name in ("negative", "neutral", "positive")}
    return rows, pl.DataFrame({"kind": ["reaction"] * len(rows), "sentiment": read, **probabilities})


def test_a_bias_that_all_weeks_share_is_corrected_by_the_others():
    rng = np.random.default_rng(3)
    rows, predicted = labelled(rng.choice(["negative", "neutral", "positive"], 800, p=[0.6, 0.25, 0.15]).tolist())
    halves, weeks = net_errors(rows, predicted)
    for line, count in ((halves, 80), (weeks, 4)):
        as_labelled = float(line.split("as labelled ")[1].split(",")[0])
        corrected = float(line.split("corrected ")[1].split(" ")[0])
        assert as_labelled > 25
        assert corrected < 10
        assert f"of {count} hold the truth" in line

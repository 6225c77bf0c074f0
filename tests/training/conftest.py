import json

import pytest


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory):
    """Forty annotated posts, each of its own author."""
    data = tmp_path_factory.mktemp("data")
    (data / "layoffs").mkdir()
    rows = []
    for i in range(40):
        sad = i % 2 == 0
        rows.append(
            {
                "id": str(i),
                "source": "x",
                "author": f"a{i}",
                "text": f"laid off today sad {i}" if sad else "we are hiring",  # no post repeats a held-out one
                "kind": "reaction" if sad else "promo",
                "voice": "affected" if sad else None,
                "sentiment": "negative" if sad else "neutral",
                "emotion": "sadness" if sad else "none",
            }
        )
    (data / "layoffs/gold-dev.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return data

import polars as pl
import pytest

from analysis import Theme, find_themes

THEMES = (
    Theme(name="Severance", words=("severance", "Abfindung*", "退職金", "indemnité*")),
    Theme(name="AI", words=("replaced by AI", "KI", "AI-driven")),
)


def find(*texts: str | None) -> list[list[str]]:
    return find_themes(pl.DataFrame({"text": texts}, schema={"text": pl.String}), THEMES).to_list()


@pytest.mark.parametrize(
    ("text", "themes"),
    [
        ("No SEVERANCE at all", ["Severance"]),
        ("Abfindungen gibt es keine", ["Severance"]),
        ("退職金もらえますか", ["Severance"]),
        ("aucune indemnite, aucune INDEMNITÉ", ["Severance"]),
        ("We were replaced  by AI.", ["AI"]),
        ("an AI driven severance", ["Severance", "AI"]),
        ("KI", ["AI"]),
        ("#severance", []),
        ("persevErance", []),
        ("Kiel", []),
        ("", []),
        (None, []),
    ],
)
def test_a_theme_is_found_by_whole_words(text, themes):
    assert find(text) == [themes]


def test_posts_or_themes_may_be_missing():
    assert find() == []
    assert find_themes(pl.DataFrame({"text": ["severance"]}), ()).to_list() == [[]]

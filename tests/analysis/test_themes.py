import polars as pl
import pytest

from analysis import Theme, find_themes

THEMES = (
    Theme(name="Severance", words=("severance", "Abfindung*", "退職金", "indemnité*")),
    Theme(name="AI", words=("replaced by AI", "KI", "AI-driven", "l'IA")),
    Theme(name="Support", words_in={"es": ("fuerza", "ánimo"), "fr": ("courage",)}),
)


def find(*texts: str | None, lang: str = "en") -> list[list[str]]:
    posts = pl.DataFrame({"text": texts, "lang": [lang] * len(texts)}, schema={"text": pl.String, "lang": pl.String})
    return find_themes(posts, THEMES).to_list()


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
        ("ki\u0302, kï", []),
        ("à cause de l’IA", ["AI"]),
        ("a IA", []),
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
    assert find_themes(pl.DataFrame({"text": ["severance"], "lang": ["en"]}), ()).to_list() == [[]]


@pytest.mark.parametrize(
    ("text", "lang", "themes"),
    [
        ("mucha fuerza y animo", "es", ["Support"]),
        ("courage à tous", "fr", ["Support"]),
        ("it takes courage", "en", []),
        ("fuerza", "und", []),
        ("no severance", "es", ["Severance"]),
    ],
)
def test_a_word_of_one_language_is_found_in_posts_of_that_language_only(text, lang, themes):
    assert find(text, lang=lang) == [themes]

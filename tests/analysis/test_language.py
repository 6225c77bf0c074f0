import polars as pl
import pytest

from analysis import detect_languages


def detect(*posts: tuple[str, str | None]) -> list[str]:
    frame = pl.DataFrame(posts, schema={"text": pl.String, "lang_hint": pl.String}, orient="row")
    return detect_languages(frame).to_list()


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("I was laid off after eleven years and got an e-mail at six in the morning.", "en"),
        ("Nach vielen Jahren plötzlich gezwungen, zu gehen. Kein Wort des Dankes.", "de"),
        ("Cả nhóm mình bị cắt giảm sáng nay, buồn quá các bạn ơi.", "vi"),
        ("Après douze ans dans la boîte, on me remercie par visio.", "fr"),
        ("Nos han despedido a todos por videollamada, qué vergüenza.", "es"),
        ("अठारह साल बाद एक ईमेल से नौकरी चली गई।", "hi"),
        ("朝起きたらアカウントが消えていた。", "ja"),
        ("تم تسريح فريقي بالكامل هذا الصباح", "ar"),
        ("Сокращение штата началось сегодня утром, никто ничего не знал.", "ru"),
    ],
)
def test_the_language_of_an_ordinary_post_is_found(text, lang):
    assert detect((text, None)) == [lang]


@pytest.mark.parametrize(
    "text", ["", "   ", "😭😭😭", "@user https://t.co/x", "#layoffs #techlayoffs", "lol", "12,000 !!!", "\0", "ー"]
)
def test_a_post_with_hardly_a_word_has_no_language(text):
    assert detect((text, "en")) == ["und"]


def test_links_mentions_and_tags_do_not_decide():
    german = "Die ganze Abteilung ist weg, niemand weiß warum"
    assert detect(
        (f"@layoffs_news {german} #layoffs #jobcuts #techlayoffs #opentowork https://news.example/layoffs", None)
    ) == ["de"]


def test_the_platforms_hint_tips_the_scales_but_is_not_believed_blindly():
    short = "Amazon que pena"
    assert detect((short, None), (short, "es"), (short, "gl-ES"), (short, "ja")) == ["und", "es", "gl", "und"]
    assert detect(("They cut the whole team this morning without any warning", "de")) == ["en"]
    assert detect(("They cut the whole team this morning without any warning", "qme")) == ["en"]


def test_a_post_is_read_the_same_alone_and_among_others():
    texts = [("Hat jemand schon etwas vom Betriebsrat gehört?", None), ("No puedo dormir", "es"), ("lol", None)] * 5
    assert detect(*texts) == [lang for text in texts for lang in detect(text)]


def test_no_posts_have_no_languages():
    frame = pl.DataFrame(schema={"text": pl.String, "lang_hint": pl.String})
    assert detect_languages(frame).to_frame().schema == {"lang": pl.String}

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analysis import find_duplicates

START = dt.datetime(2025, 10, 27, tzinfo=dt.UTC)
SCHEMA = {
    "source": pl.String,
    "post_id": pl.String,
    "author": pl.String,
    "created_at": pl.Datetime("us", "UTC"),
    "text": pl.String,
}
LONG = "Eleven years in this team and I learnt from an e-mail at six in the morning that I am out"


def posts(*texts: str | tuple[str, str | None], source: str = "x") -> pl.DataFrame:
    """Posts 0, 1, 2, … a minute apart; (text, author) or a text by an author of its own."""
    rows = []
    for number, given_text in enumerate(texts):
        text, author = given_text if isinstance(given_text, tuple) else (given_text, f"author {number}")
        rows.append((source, str(number), author, START + dt.timedelta(minutes=number), text))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def found(frame: pl.DataFrame) -> list[str | None]:
    return find_duplicates(frame).to_list()


@pytest.mark.parametrize(
    "again",
    [
        LONG,
        LONG.upper(),
        f"RT @user: {LONG}",
        f"{LONG}!!! https://t.co/abc",
        f"{LONG} #layoffs #jobs 🤖",
        f"{LONG} via @user",
        LONG.replace("in this team", "in this great team"),
    ],
)
def test_the_same_long_post_again_is_a_duplicate_whoever_writes_it(again):
    assert found(posts(LONG, again)) == [None, "x:0"]


@pytest.mark.parametrize(
    "other",
    [
        "Eleven years in this team and I learnt from a friend over lunch that they had let everyone else go",
        "Nine months with them, and I learnt from the news that my office is closing next spring",
    ],
)
def test_another_story_is_none(other):
    assert found(posts(LONG, other)) == [None, None]


def test_two_people_who_say_the_same_few_words_both_count():
    assert found(posts("So sorry to hear that", "So sorry to hear that")) == [None, None]
    assert found(posts(("So sorry to hear that", None), ("So sorry to hear that", None))) == [None, None]


def test_one_author_who_repeats_a_few_words_counts_once():
    assert found(posts(("So sorry to hear that", "a"), ("so sorry to hear that!", "a"))) == [None, "x:0"]


def test_posts_without_words_are_nobodys_duplicate():
    assert found(posts("😭", "😭", "https://t.co/a", "https://t.co/b", "")) == [None] * 5


def test_posts_of_tags_alone_are_their_tags():
    tags = "#layoffs #tech #jobs #hiring #opentowork #recession #news #meta"
    assert found(posts(tags, tags, "#layoffs #tech")) == [None, "x:0", None]


def test_scripts_without_spaces_are_compared_by_character():
    japanese = "朝起きたら会社のアカウントが消えていて、十年働いたのに挨拶もできませんでした"
    assert found(
        posts(japanese, f"{japanese}。", "朝起きたら会社から電話が来ていて、来週から来なくていいと言われました")
    ) == [None, "x:0", None]


def test_the_earliest_counts_across_sources():
    late, early = (
        posts(LONG),
        posts(LONG, source="reddit").with_columns(created_at=pl.lit(START - dt.timedelta(hours=1))),
    )
    assert found(pl.concat([late, early])) == ["reddit:0", None]
    same_time = pl.concat([posts(LONG), posts(LONG, source="reddit")])
    assert found(same_time) == ["reddit:0", None], "at the same moment the name of the source decides"


def test_a_copy_points_to_an_original_never_to_a_copy():
    steps = LONG.split()
    chain = posts(*(" ".join(steps[:keep]) for keep in range(len(steps), 8, -1)))
    pointed = found(chain)
    originals = {f"x:{number}" for number, first in enumerate(pointed) if first is None}
    assert {first for first in pointed if first} <= originals
    assert len(originals) > 1, "a text that shrank to half is no longer the same"


def test_thousands_of_a_bots_copies_are_found_in_one_go():
    frame = posts(*((f"{LONG} for the {number}th time", "bot") for number in range(3000)))
    assert found(frame).count("x:0") == 2999


def test_no_posts_no_duplicates():
    assert find_duplicates(posts()).to_frame().schema == {"duplicate_of": pl.String}


@hypothesis_settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_order_of_arrival_plays_no_part(data):
    words = st.lists(st.sampled_from(["cut", "team", "mail", "gone", "why", "解雇", "#tag"]), max_size=14).map(" ".join)
    frame = posts(*data.draw(st.lists(st.tuples(words, st.sampled_from(["a", "b", None])), max_size=10)))
    order = data.draw(st.permutations(range(frame.height)))
    shuffled = frame[list(order)] if frame.height else frame
    first, second = (dict(zip(f["post_id"], found(f), strict=True)) for f in (frame, shuffled))
    assert first == second
    assert all(original is None or first[original.split(":")[1]] is None for original in first.values())

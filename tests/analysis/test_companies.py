import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analysis import Company, compile_companies, find_companies
from store import COMPANY_MENTION


@pytest.fixture(scope="session")
def found(settings):
    rules = compile_companies(settings.companies, settings.layoff_words)

    def find(text: str, *, thread: str | None = None) -> dict[str, str]:
        posts = pl.DataFrame(
            {"text": [text], "thread_title": [thread]}, schema={"text": pl.String, "thread_title": pl.String}
        )
        return {row["company"]: row["found_by"] for row in find_companies(posts, rules)[0]}

    return find


@pytest.mark.parametrize(
    ("text", "companies"),
    [
        ("Amazon again.", {"Amazon": "word"}),
        ("AMAZON AGAIN", {"Amazon": "word"}),
        ("Amazon's memo", {"Amazon": "word"}),
        ("Amazon’s memo", {"Amazon": "word"}),
        ("Amazons Entlassungen", {"Amazon": "word"}),
        ("ex-Amazon here", {"Amazon": "word"}),
        ("(amazon)", {"Amazon": "word"}),
        ("アマゾンの人員削減", {"Amazon": "word"}),
        ("अमेज़न ने छंटनी की", {"Amazon": "word"}),
        ("日産自動車の希望退職", {"Nissan": "word"}),
        ("TELEFÓNICA ERE", {"Telefónica": "word"}),
        ("telefonica", {"Telefónica": "word"}),
        ("@amazon why", {"Amazon": "handle"}),
        ("#amazon", {"Amazon": "hashtag"}),
        ("＃Amazon", {"Amazon": "hashtag"}),
        ("#AmazonLayoffs", {"Amazon": "hashtag"}),
        ("#amazonlayoffs2025", {"Amazon": "hashtag"}),
        ("#SAPEntlassungen", {"SAP": "hashtag"}),
        ("#metalayoffs", {"Meta": "hashtag"}),
        ("#xoogler", {"Google": "hashtag"}),
        ("$AMZN down", {"Amazon": "ticker"}),
        ("Amazon #amazon @amazon", {"Amazon": "word"}),
        ("Amazon and Google", {"Amazon": "word", "Google": "word"}),
        # no space between scripts
        ("AmazonがGoogleの人員削減", {"Amazon": "word", "Google": "word"}),
        ("Google裁员了", {"Google": "word"}),
        ("Amazon의 해고", {"Amazon": "word"}),
        ("בGoogle", {"Google": "word"}),
        # endings, elided articles
        ("Google'ın kararı", {"Google": "word"}),
        ("Dell'in kararı", {"Dell": "word"}),
        ("Amazon:n irtisanomiset", {"Amazon": "word"}),
        ("l'Amazon, d’Amazon, dell'Amazon", {"Amazon": "word"}),
        ("SAPs Stellenabbau", {"SAP": "word"}),
        ("Telefónicas Zahlen", {"Telefónica": "word"}),
        ("в Гугле", {"Google": "word"}),
        # the same letters in another form
        ("ＡＭＡＺＯＮ", {"Amazon": "word"}),
        ("𝗔𝗺𝗮𝘇𝗼𝗻", {"Amazon": "word"}),
        ("Ama\u00adzon", {"Amazon": "word"}),
        ("Ama\u200bzon", {"Amazon": "word"}),
        ("Telefo\u0301nica", {"Telefónica": "word"}),
        ("_Amazon_", {"Amazon": "word"}),
        ("#Amazon_Layoffs", {"Amazon": "hashtag"}),
        ("#Amazon_Layoffs_2025", {"Amazon": "hashtag"}),
        ("#LayoffsAtAmazon", {"Amazon": "hashtag"}),
        ("#アマゾン", {"Amazon": "hashtag"}),
        ("#亚马逊裁员#", {"Amazon": "hashtag"}),
    ],
)
def test_what_names_a_company(found, text, companies):
    assert found(text) == companies


@pytest.mark.parametrize(
    "text",
    [
        "amazonas",
        "pamazon",
        "AMZN",
        "#amazonprime",
        "@amazonia",
        "https://amazon.com/layoffs",
        "saps my energy",
        "メタバース",
        "sắp sa thải, sáp nhập, sập",
        "Sap bi sa thai",
        "crisi dell'azienda, nell’area",
        "DELL'AZIENDA",
        "written in a Google Sheet",
        "Google-owned Fitbit fires 100, says a start-up owned by Amazon",
        "",
        "\0",
    ],
)
def test_what_only_looks_like_one(found, text):
    assert found(text) == {}


def test_the_longest_name_wins(found):
    assert found("Amazon Web Services layoffs") == {"Amazon": "word"}
    assert found("Block Inc and the rest") == {"Block": "word"}, "a name of two words is no everyday word"


@pytest.mark.parametrize(
    ("text", "companies"),
    [
        ("Target is busy today", {}),
        ("Target lays off 1,800", {"Target": "word"}),
        ("laid off before I reached my target", {}),
        ("Laid off by TARGET", {"Target": "word"}),
        ("Meta entlässt 600 Leute", {"Meta": "word"}),
        ("Meta sa thải 600 nhân viên", {"Meta": "word"}),
        ("メタが人員削減", {"Meta": "word"}),
        ("#layoffs at Meta", {"Meta": "word"}),
        ("licenziata la metà del team", {}),
        ("Metà del team licenziata", {}),
        ("Me\u0301ta licenziamenti", {}),
        ("Metas Entlassungen", {"Meta": "word"}),
        ("meta wurde entlassen", {}),
        ("메타에서 해고", {"Meta": "word"}),
        ("메타버스 팀 해고", {}),
        ("Targets missed, layoffs follow", {}),
        ("@Meta shame", {"Meta": "handle"}),
        ("#target", {"Target": "hashtag"}),
    ],
)
def test_an_everyday_name_needs_a_layoff_word_and_its_capital(found, text, companies):
    assert found(text) == companies


def test_the_layoff_word_may_stand_in_the_threads_title(found):
    assert found("Been at Target since 2015", thread="Who else was laid off?") == {"Target": "word"}


def test_a_comment_that_names_nobody_inherits_its_threads_company(found):
    assert found("So sorry to hear that", thread="Amazon cuts 14,000") == {"Amazon": "thread"}
    assert found("Google did the same", thread="Amazon cuts 14,000") == {"Google": "word"}
    assert found("Same here", thread="Meta lays off 600") == {"Meta": "thread"}
    assert found("Same here", thread="What is your target salary?") == {}


def test_a_thread_about_everybody_is_about_nobody(found):
    assert found("Same here", thread="Amazon, Google, Microsoft, SAP: who is next?") == {}


def test_a_salad_of_tags_names_nobody_unless_a_sentence_does(found):
    salad = "#amazon #google #microsoft #sap #nissan #meta #telefonica #jobs"
    assert found(f"Learn to code in 30 days! {salad}") == {}
    assert found(f"Amazon fired us by e-mail {salad}") == {"Amazon": "word"}
    assert set(found("#amazon and #google let us all down")) == {"Amazon", "Google"}
    assert found("Amazon, what a day $GOOGL $MSFT $META") == {"Amazon": "word"}


THREE = compile_companies(
    (Company(name="Amazon"), Company(name="Meta", ambiguous=True), Company(name="Google")), ("layoff*",)
)


@hypothesis_settings(deadline=None, max_examples=25)
@given(texts=st.lists(st.text(max_size=40) | st.sampled_from(["Amazon!", "Meta layoffs", "#google", "x"]), max_size=8))
def test_each_post_is_judged_by_itself(texts):
    def find(part: list[str]) -> list:
        frame = pl.DataFrame(
            {"text": part, "thread_title": [None] * len(part)}, schema={"text": pl.String, "thread_title": pl.String}
        )
        result = find_companies(frame, THREE)
        assert result.dtype == pl.List(COMPANY_MENTION)
        return result.to_list()

    assert find(texts) == [one for text in texts for one in find([text])]


def test_a_name_without_accents_is_not_found_with_them():
    rules = compile_companies((Company(name="Nestle"), Company(name="Gap", ambiguous=True)), ())
    posts = pl.DataFrame(
        {"text": ["Nestlé, Gặp, Gap"], "thread_title": [None]}, schema_overrides={"thread_title": pl.String}
    )
    assert find_companies(posts, rules).to_list() == [[]]


def test_a_phrase_that_means_something_else_hides_the_name_in_it_only():
    rules = compile_companies((Company(name="Orange", not_meant=("orange juice*",)),), ())
    texts = ["Orange juices", "Orange juice at Orange"]
    posts = pl.DataFrame({"text": texts, "thread_title": [None, None]}, schema_overrides={"thread_title": pl.String})
    assert find_companies(posts, rules).list.len().to_list() == [0, 1]

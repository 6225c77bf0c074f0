"""What is asked for, and by whom: each query once, its words whole, and a name that says who asks."""

from __future__ import annotations

import pytest

from collectors import LAYOFF_WORDS
from collectors.reddit_pages import search_queries
from store import ConfigError
from tests.collectors.live.conftest import own_server, rechecked
from tests.servers.everything import SERVERS


@pytest.mark.parametrize("source", ["hackernews", "bluesky"])
def test_a_word_that_stands_twice_is_asked_for_once(scene, source):
    scene.serve_some(source, 50, words=["layoffs", "layoffs"])
    [query] = scene.run().sources[0].queries
    assert (query.name, query.state.new) == ("layoffs", 50)


def test_an_instance_named_with_and_without_its_last_slash_is_read_once(scene):
    platform = scene.serve_some("mastodon", 20)
    [url] = scene.sections["mastodon"]["instances"]
    scene.sections["mastodon"]["instances"] = [url, f"{url}/"]
    [query] = scene.run().sources[0].queries
    assert (query.name, sorted(scene.stored("mastodon"))) == (f"{url}#layoffs", sorted(platform.keys()))


@pytest.mark.parametrize("source", ["hackernews", "bluesky"])
def test_what_is_more_than_one_word_is_quoted_and_keeps_no_quotes_of_its_own(scene, source):
    scene.serve_some(source, 5, words=["#layoffs", 'the "big" cut', '"laid off"'])
    assert [query.name for query in scene.run().sources[0].queries] == ["#layoffs", '"the  big  cut"', '"laid off"']


def test_words_beyond_the_length_of_a_reddit_search_are_packed_into_several():
    words = [f"words for layoffs number {n}" for n in range(60)]
    queries = search_queries({"en": words})
    assert max(map(len, queries)) <= 512
    assert [term for query in queries for term in query.split(" OR ")] == [f'"{word}"' for word in words]
    assert len(queries) == 4


def test_the_built_in_words_make_the_searches_of_reddit_that_runs_know():
    assert search_queries(LAYOFF_WORDS)[:2] == [
        'layoffs OR layoff OR "laid off" OR "job cuts" OR redundancies',
        "Entlassungen OR Stellenabbau OR Kündigungswelle OR entlassen",
    ]
    assert len(search_queries(LAYOFF_WORDS)) == len(LAYOFF_WORDS)


def test_a_word_that_no_reddit_search_takes_is_a_config_error_that_names_it():
    with pytest.raises(ConfigError, match=r"sources\.layoff_words\.de"):
        search_queries({"en": ["layoffs"], "de": ["x" * 513]})


@pytest.mark.parametrize("source", list(SERVERS))
def test_every_request_says_who_asks(scene, source):
    platform = scene.serve_some(source, 20)
    scene.run()
    wanted = "python:layoff-pulse:0.1 (by /u/layoff-pulse)" if source == "reddit" else "layoff-pulse"
    said = {request.headers["user-agent"] for request in platform.requests}
    assert all(one.startswith(wanted) for one in said), said


def test_a_recheck_says_who_asks_to_servers_that_only_an_address_names(scene):
    platform = own_server(scene, 5)
    asked = len(platform.requests)
    rechecked(scene)
    assert {request.headers["user-agent"] for request in platform.requests[asked:]} == {"layoff-pulse"}

"""docs/collecting.md shows every setting with its default; a section that does not fit is refused."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from collectors import SOURCES, SourcesSettings
from collectors.registry import find
from store import UsageError
from tests.servers.__main__ import config
from tests.servers.everything import SERVERS, section

PAGE = (Path(__file__).parents[3] / "docs" / "collecting.md").read_text(encoding="utf-8")


def test_every_setting_is_described():
    for spec in SOURCES.values():
        for name in spec.settings.model_fields:
            assert re.search(rf"\b{name}\b", PAGE), f"{spec.name}.{name}"
        for variable in (*spec.needs, *spec.may_use):
            assert variable in PAGE
    for name in set(SourcesSettings.model_fields) - set(SOURCES):
        assert re.search(rf"\b{name}\b", PAGE), name


def test_the_values_shown_are_the_defaults():
    [block] = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    shown = tomllib.loads(block)["sources"]
    read, default = SourcesSettings.model_validate(shown), SourcesSettings()
    assert read == default
    assert set(SOURCES) <= read.model_fields_set


def test_a_recheck_a_day_leaves_collect_a_share_of_the_month():
    x = SourcesSettings().x
    assert x.recheck_posts * x.usd_per_post * 31 <= x.max_usd_per_month * 2 / 3


def test_a_key_that_does_not_exist_and_a_value_that_makes_no_sense_are_refused():
    with pytest.raises(ValidationError, match="overlap_hour"):
        SourcesSettings.model_validate({"x": {"overlap_hour": 1}})
    with pytest.raises(ValidationError, match="twitter"):
        SourcesSettings.model_validate({"twitter": {}})
    for seconds in (0, 1e12, float("inf")):  # no clock can be set to the last two
        with pytest.raises(ValidationError, match="read_seconds"):
            SourcesSettings.model_validate({"reddit": {"read_seconds": seconds}})


def test_the_config_written_beside_the_local_servers_is_one():
    sections = {name: section(name, "http://127.0.0.1:1") for name in SERVERS}
    written = tomllib.loads(config(sections))
    read = SourcesSettings.model_validate(written["sources"])
    assert set(SERVERS) <= read.model_fields_set
    assert {company["name"] for company in written["companies"]} == {"Amazon", "Meta"}


def test_tags_may_carry_their_sign_and_are_hashtags():
    read = SourcesSettings.model_validate({"mastodon": {"tags": ["#layoffs", "layoffs", "Kündigung"]}})
    assert read.mastodon.tags == ("layoffs", "Kündigung")
    for broken in ("lay offs", "#", "", "a#b"):
        with pytest.raises(ValidationError, match="no hashtag"):
            SourcesSettings.model_validate({"mastodon": {"tags": [broken]}})


@pytest.mark.parametrize("instance", ["mastodon.social", "ftp://mastodon.social", ""])
def test_an_instance_is_an_address(instance):
    with pytest.raises(ValidationError, match="with its scheme"):
        SourcesSettings.model_validate({"mastodon": {"instances": [instance]}})


@pytest.mark.parametrize("instance", ["https://mastodon.social/#a", "https://mastodon.social?token=b"])
def test_an_address_ends_before_its_query(instance):
    with pytest.raises(ValidationError, match="ends before"):
        SourcesSettings.model_validate({"mastodon": {"instances": [instance]}})


@pytest.mark.parametrize("source", [name for name, spec in SOURCES.items() if "base_url" in spec.settings.model_fields])
@pytest.mark.parametrize("address", ["127.0.0.1:8400", "example.org", "ftp://example.org", "http://", ""])
def test_an_address_without_scheme_or_host_is_refused_when_the_settings_are_read(source, address):
    with pytest.raises(ValidationError, match="with its scheme"):
        SourcesSettings.model_validate({source: {"base_url": address}})


@pytest.mark.parametrize(
    "address", ["http://user:pa55word@127.0.0.1:1", "https://pa55word@example.org/", "me:pa55word@example.org"]
)
@pytest.mark.parametrize(
    ("source", "key"),
    [("x", "base_url"), ("bluesky", "base_url"), ("mastodon", "instances"), ("mastodon", "token_instance")],
)
def test_credentials_in_an_address_are_refused_and_not_shown(source, key, address):
    """An address stands beside every post, in `runs` and in log lines."""
    with pytest.raises(ValidationError, match="no user, password") as refused:
        SourcesSettings.model_validate({source: {key: [address] if key == "instances" else address}})
    assert "pa55word" not in str(refused.value)


def test_a_token_of_no_instance_is_refused():
    instances = ["https://mastodon.social", "https://Hachyderm.io/"]
    read = SourcesSettings.model_validate(
        {"mastodon": {"instances": instances, "token_instance": "https://hachyderm.io"}}
    )
    assert read.mastodon.token_instance == "https://hachyderm.io"
    with pytest.raises(ValidationError, match="none of the instances"):
        SourcesSettings.model_validate(
            {"mastodon": {"instances": instances, "token_instance": "https://hachyderm.com"}}
        )


@pytest.mark.parametrize("key", ["overlap_hours", "first_days", "read_seconds", "recheck_posts"])
def test_the_watched_folder_refuses_settings_of_sources_that_are_asked(key):
    with pytest.raises(ValidationError, match=key):
        SourcesSettings.model_validate({"folder": {key: 5}})


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"hackernews": {"words": ["layoffs", " "]}}, "an empty word would find everything"),
        ({"bluesky": {"words": [""]}}, "an empty word would find everything"),
        ({"layoff_words": {"en": [""]}}, "an empty word would find everything"),
        ({"reddit": {"subreddits": ["tech jobs"]}}, '"tech jobs" is no subreddit'),
    ],
)
def test_a_word_that_finds_everything_or_a_name_that_finds_nothing_is_refused(sections, message):
    with pytest.raises(ValidationError, match=message):
        SourcesSettings.model_validate(sections)


def test_subreddits_may_be_written_as_people_write_them():
    settings = SourcesSettings.model_validate({"reddit": {"subreddits": ["r/Layoffs", "/r/technology/", "jobs"]}})
    assert settings.reddit.subreddits == ("Layoffs", "technology", "jobs")


@pytest.mark.parametrize(("said", "meant"), [("X", "x"), ("hackrnews", "hackernews"), ("Hacker News", "hackernews")])
def test_a_source_by_another_spelling_is_recognised(said, meant):
    with pytest.raises(UsageError, match=f"Did you mean {meant}?"):
        find(said)


@pytest.mark.parametrize("path", ["", "  ", "~nobody-of-this-name/inbox"])
def test_a_watched_folder_that_is_none_is_refused(path):
    with pytest.raises(ValidationError, match="path"):
        SourcesSettings.model_validate({"folder": {"path": path}})


def test_a_watched_folder_may_lie_in_ones_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert SourcesSettings.model_validate({"folder": {"path": "~/inbox"}}).folder.path == tmp_path / "inbox"

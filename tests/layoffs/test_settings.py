"""Settings: one frozen object, and errors that a person can act on."""

import pytest
from pydantic import ValidationError

from layoffs.settings import default_config, load_settings, parse_settings
from store import ConfigError

AMAZON = '[[companies]]\nname = "Amazon"\n'


def message_of(text):
    with pytest.raises(ConfigError) as caught:
        parse_settings(text)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_shipped_config_is_valid_and_names_the_employers_and_events_people_ask_for():
    settings = parse_settings(default_config())
    names = {company.name for company in settings.companies}
    assert names >= {"Amazon", "Meta", "Google", "Microsoft", "Intel", "SAP", "Volkswagen"}
    assert len(names) >= 40
    events = {(event.company, f"{event.date}", event.jobs) for event in settings.events}
    assert events >= {
        ("Amazon", "2025-10-28", 14_000),
        ("Meta", "2025-10-22", 600),
        ("Amazon", "2026-01-28", 16_000),
        ("Meta", "2023-03-14", 10_000),
        ("Amazon", "2023-03-20", 9_000),
    }
    assert all(event.source_url for event in settings.events)


def test_an_empty_config_has_sensible_defaults():
    assert parse_settings("").store.path == "data"


@pytest.mark.parametrize(
    "address", ["file:///srv/la%20y/data", "file://localhost/srv/la%20y/data", "FILE:/srv/la%20y/data"]
)
def test_a_file_address_is_the_folder_it_names_so_that_writers_are_kept_apart(address):
    assert parse_settings(f'[store]\npath = "{address}"\n').store.path == "/srv/la y/data"


@pytest.mark.parametrize("address", ["file://data", "file:data", "file://host/data", "file://"])
def test_a_file_address_that_names_no_folder_of_this_machine_is_explained(address):
    assert "file:///srv/layoffs" in message_of(f'[store]\npath = "{address}"\n')


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        parse_settings("").store.path = "elsewhere"


def test_an_unknown_key_names_file_key_valid_keys_and_the_nearest():
    message = message_of("[report]\nmin_post = 5\n")
    assert "config.toml" in message
    assert "report.min_post is not a setting" in message
    assert "Did you mean min_posts?" in message
    assert "trend_weeks" in message


def test_an_unknown_key_deep_in_a_list_is_located():
    message = message_of(AMAZON + 'alias = ["AWS"]\n')
    assert "companies[1].alias is not a setting" in message
    assert "Did you mean aliases?" in message


def test_an_unknown_section_names_the_nearest():
    assert "Did you mean report?" in message_of("[reports]\n")


def test_a_wrong_type_says_what_came():
    message = message_of('[report]\nmin_posts = "many"\n')
    assert "report.min_posts: this has to be a whole number" in message
    assert '(it is "many")' in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[sources.x]\nbase_url = "https://me:pa55word@example.org"', "sources.x.base_url: an address holds no user, password"),
        ('[sources.mastodon]\ninstances = ["https://a.example", "https://me:pa55@word@b.example"]', "sources.mastodon.instances[2]: an address"),
        ('[sources.mastodon]\ninstances = "https://me:pa55word@b.example"', '(it is "https://•••@b.example")'),
        ('[sources.x]\nbase_url = "http://127.0.0.1:9/?token=pa55word"', 'base_url: an address ends before "?" or "#"'),
        ('[report]\nmin_posts = "me:pa55word@example.org"', '(it is "•••@example.org")'),
    ],
)  # fmt: skip
def test_a_password_in_an_address_is_not_repeated(text, told):
    message = message_of(text)
    assert told in message
    assert "pa55" not in message
    assert "word@" not in message


EVENT = AMAZON + '[[events]]\ncompany = "Amazon"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[report]\nmin_posts = "30"', 'report.min_posts: this has to be a whole number without quotes, such as 30 (it is "30")'),
        ("[report]\nmin_posts = true", "report.min_posts: this has to be a whole number without quotes, such as 30 (it is true)"),
        ("[report]\nquotes = 1", "report.quotes: this has to be true or false, without quotes (it is 1)"),
        ('[store]\nlock_wait_seconds = "5"', 'store.lock_wait_seconds: this has to be a number without quotes, such as 2.5 (it is "5")'),
        ("[store]\nlock_wait_seconds = inf", "store.lock_wait_seconds: this has to be a finite number"),
        ("[store]\npath = 3", 'store.path: this has to be a text in quotes, such as "abc" (it is 3)'),
        ("[sources.folder]\npath = 3", "sources.folder.path: this has to be a text in quotes"),
        ('[[companies]]\nname = "A"\naliases = "B"', 'companies[1].aliases: this has to be a list in brackets, such as ["a", "b"] (it is "B")'),
        (EVENT + "date = 20251028", "events[1].date: this has to be a day, such as 2025-10-28 (it is 20251028)"),
        (EVENT + "date = 2025-10-28T10:00:00Z", "events[1].date: this has to be a day, such as 2025-10-28"),
        ("report = 3", "report: this has to be a table of key = value (it is 3)"),
    ],
)  # fmt: skip
def test_nothing_is_taken_for_another_type(text, told):
    assert told in message_of(text)


@pytest.mark.parametrize("value", [0, 4])
def test_so_few_reactions_that_they_point_at_persons_are_never_shown(value):
    message = message_of(f"[report]\nmin_posts = {value}\n")
    assert f"report.min_posts: input should be greater than or equal to 5 (it is {value})" in message
    assert parse_settings("[report]\nmin_posts = 5\n").report.min_posts == 5


def test_an_event_is_told_once():
    one = '[[events]]\ncompany = "Amazon"\ndate = 2025-10-28\n'
    assert "events 1 and 2 are both Amazon, 2025-10-28, announced" in message_of(AMAZON + one + one + "jobs = 5\n")
    assert len(parse_settings(AMAZON + one + one + 'stage = "effective"\n').events) == 2


@pytest.mark.parametrize(
    ("form", "told"), [("%Q", "'Q' is a bad directive"), ("%d.%m. %H:%M", "lacks the year"), ("soon", "lacks the year")]
)
def test_a_date_format_that_reads_no_date_is_refused(form, told):
    assert told in message_of(f'[import.mapping.a]\nfiles = "*"\ndate_format = "{form}"\n')


@pytest.mark.parametrize(
    "form", ["%d.%m.%Y %H:%M", "%m/%d/%y %I:%M %p", "%Y-%m-%dT%H:%M:%S%z", "%A, %d %B %Y", "%Y-%j"]
)
def test_a_date_format_that_reads_a_date_is_taken(form):
    parse_settings(f'[import.mapping.a]\nfiles = "*"\ndate_format = "{form}"\n')


def test_a_platform_that_is_nearly_a_known_one_is_a_typo():
    assert 'did you mean "linkedin"?' in message_of('[sources.folder]\nplatform = "linkedn"\n')
    assert 'did you mean "reddit"?' in message_of('[import.mapping.a]\nfiles = "*"\nsource = "redit"\n')
    assert "letters and digits" in message_of('[sources.folder]\nplatform = "my platform!"\n')
    assert parse_settings('[sources.folder]\nplatform = "Twitter"\n').sources.folder.platform == "x"
    assert parse_settings('[sources.folder]\nplatform = "lemmy"\n').sources.folder.platform == "lemmy"


def test_a_company_named_twice_is_refused():
    assert "named more than once: Amazon" in message_of(AMAZON + AMAZON)


def test_an_alias_that_two_companies_claim_is_refused_with_both_names():
    message = message_of(AMAZON + 'aliases = ["AWS"]\n[[companies]]\nname = "Other"\naliases = ["aws"]\n')
    assert "Amazon" in message
    assert "Other" in message


def test_an_event_about_an_unknown_company_names_the_nearest():
    message = message_of(AMAZON + '[[events]]\ncompany = "Amazom"\ndate = 2025-10-28\n')
    assert 'Did you mean "Amazon"?' in message


def test_broken_toml_says_where():
    assert "line 2" in message_of("[store]\npath = \n")


def test_several_problems_are_told_at_once():
    message = message_of("[report]\nmin_post = 5\n[store]\npaht = 'x'\n")
    assert "min_post" in message
    assert "Did you mean path?" in message


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="layoffs init"):
        load_settings(tmp_path / "config.toml")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "név = 'ü'".encode("latin-1")])
def test_a_file_that_is_not_utf8_is_refused(tmp_path, content):
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings(path)


def test_a_folder_in_place_of_the_config_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="can't be read"):
        load_settings(tmp_path)


def test_a_pinned_company_has_to_be_known():
    assert 'Did you mean "Amazon"?' in message_of('[report]\npinned = ["Amazom"]\n' + AMAZON)


@pytest.mark.parametrize("path", ["", " ", "http://x/y"])
def test_a_store_that_can_not_be_meant_is_refused(path):
    assert "store.path: this has to be a folder" in message_of(f'[store]\npath = "{path}"\n')


def test_the_store_may_be_under_home(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert parse_settings('[store]\npath = "~/x"\n').store.path == "/somewhere/x"


@pytest.mark.parametrize(
    ("languages", "told"), [('["xx"]', 'no layoff words for the language "xx"'), ("[]", "languages is empty")]
)
def test_languages_without_layoff_words_are_refused(languages, told):
    assert told in message_of(f"[sources]\nlanguages = {languages}\n")


def test_a_language_with_words_of_ones_own_is_taken():
    text = '[sources]\nlanguages = ["xx"]\n[sources.layoff_words]\nxx = ["abc"]\n'
    assert parse_settings(text).sources.words() == {"xx": ("abc",)}


@pytest.mark.parametrize("section", ["companies", "themes"])
@pytest.mark.parametrize("name", ["", "Ama\\nzon", "Ama\\tzon"])
def test_a_name_that_would_break_a_sentence_is_refused(section, name):
    assert "one line of visible characters" in message_of(f'[[{section}]]\nname = "{name}"\n')

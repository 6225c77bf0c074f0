import pytest
from pydantic import ValidationError

from analysis import Company, LabelSettings, Theme


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (Company(name="Meta"), Company(name="Facebook", aliases=("META",)), '"META"'),
        (Company(name="Amazon", aliases=("AWS",)), Company(name="Aws Ltd", aliases=("A", "aws")), '"aws"'),
        (Company(name="Ford", tickers=("F",)), Company(name="Fisher", tickers=("$f",)), '"$f"'),
        (Company(name="Gap", hashtags=("#oldnavy",)), Company(name="Navy", hashtags=("OldNavy",)), '"#OldNavy"'),
        (Company(name="Google"), Company(name="Amazon", hashtags=("google",)), '"#google"'),
        (Company(name="Amazon", handles=("google",)), Company(name="Google"), '"@google"'),
        (Company(name="Deutsche Bank"), Company(name="Amazon", hashtags=("#DeutscheBank",)), '"#DeutscheBank"'),
        (Company(name="Amazon", not_meant=("Google",)), Company(name="Google"), '"Google"'),
        (Company(name="Amazon"), Company(name="Google", in_passing=("amazon",)), '"amazon"'),
        (Company(name="Telefónica"), Company(name="O2", aliases=("telefonica",)), '"telefonica"'),
    ],
)
def test_a_word_for_two_companies_is_refused_naming_both(first, second, shared):
    with pytest.raises(ValidationError) as refused:
        LabelSettings(companies=(first, second))
    assert all(part in str(refused.value) for part in (shared, first.name, second.name))


def test_a_company_may_repeat_itself():
    LabelSettings(companies=(Company(name="SAP", aliases=("sap", "SAP SE"), tickers=("SAP",), handles=("SAP",)),))


def test_names_and_words_need_letters():
    with pytest.raises(ValidationError, match="no letters"):
        LabelSettings(companies=(Company(name="!!!"),))
    with pytest.raises(ValidationError, match="no letters"):
        LabelSettings(themes=(Theme(name="Any", words=("*",)),))


@pytest.mark.parametrize("key", ["not_meant", "in_passing"])
@pytest.mark.parametrize("phrase", ["!!", "*"])
def test_phrases_need_letters_and_the_key_is_named(key, phrase):
    with pytest.raises(ValidationError, match=rf"companies\.0\.{key}\n.*no letters"):
        LabelSettings.model_validate({"companies": [{"name": "Amazon", key: [phrase]}]})


def test_a_theme_named_twice_is_refused():
    with pytest.raises(ValidationError, match='"visas"'):
        LabelSettings(themes=(Theme(name="Visas", words=("visa",)), Theme(name="visas", words=("H1B",))))


def test_a_theme_needs_words_and_known_languages():
    with pytest.raises(ValidationError, match='the theme "Any" has no words'):
        LabelSettings(themes=(Theme(name="Any"),))
    with pytest.raises(ValidationError, match='"xx" is none of'):
        LabelSettings(themes=(Theme(name="Any", words_in={"xx": ("word",)}),))

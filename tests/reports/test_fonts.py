"""Text in any script comes out, or says what did not."""

import pytest

from reports.canvas import fit, text_width, wrap
from reports.fonts import left_to_right, readable, unreadable

SCRIPTS = {
    "German": "Größe, Maß und Übermut",
    "Vietnamese": "Công ty Cổ phần Sữa Việt Nam",
    "Arabic": "شركة أرامكو السعودية",
    "Hindi": "टाटा कंसल्टेंसी सर्विसेज",
    "Japanese": "ソフトバンクグループ株式会社",
    "Chinese": "华为技术有限公司",
    "Korean": "삼성전자",
    "Cyrillic": "Газпром нефть",
    "Greek": "Ωμέγα Τράπεζα",
    "Hebrew": "טבע תעשיות",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_these_scripts_are_drawn_letter_by_letter_without_a_missing_glyph(text):
    """A missing glyph is a warning of matplotlib's, and warnings are errors here."""
    assert readable(text) == text
    assert not unreadable(text)
    assert text_width(text, size=10) > 0.3


def test_a_script_without_a_font_is_named_with_code_points_so_that_names_stay_apart():
    assert readable("ተራ") == "[Ethiopic 1270 122B]"
    assert readable("ተባ") != readable("ተራ")
    assert unreadable("ተራ")
    assert text_width("ተራ", size=10) > 0


def test_emoji_that_no_font_has_become_their_name_and_joiners_vanish():
    assert readable("🤖 left us") == "[robot face] left us"
    assert readable("👩🏽\u200d💻") == "[woman][personal computer]"
    assert not unreadable("🤖")


def test_letters_in_disguise_become_plain_ones():
    assert readable("𝗔𝗺𝗮𝘇𝗼𝗻") == "Amazon"


def test_joiners_between_letters_stay():
    assert readable("क्\u200dष") == "क्\u200dष"


def test_direction_overrides_and_control_characters_go():
    assert readable("SAP\u202e evil\x07\u2066") == "SAP evil"


def test_a_figure_after_an_arabic_name_stays_behind_it():
    assert left_to_right("شركة أرامكو (−54)") == "\u200eشركة أرامكو\u200e (−54)"
    assert left_to_right("شركة") == "شركة"


def test_dollar_signs_are_no_formula():
    assert text_width("Cost$ & Profit$", size=10) > text_width("Cost & Profit", size=10)


def test_text_is_cut_or_wrapped_to_its_room():
    name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
    assert text_width(fit(name, width=1.0, size=9), size=9) <= 1.0
    assert fit(name, width=1.0, size=9).endswith("…")
    lines = wrap(f"At {name} 12 jobs went", width=1.0, size=9)
    assert all(text_width(line, size=9) <= 1.0 for line in lines)
    assert "".join(lines).replace(" ", "") == f"At{name}12jobswent"
    assert len(wrap("one two three four five six seven", width=0.5, size=9, lines=2)) == 2

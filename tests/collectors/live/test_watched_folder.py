"""Files in the watched folder: each once per version, whatever lies beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collectors import ImportSettings, doctor, status
from collectors.folder import Folder
from collectors.source import Opening
from collectors.terms import SearchTerms

CSV = "id,text,created_at,source\n1,Laid off at Amazon today,2025-10-28T10:00:00Z,linkedin\n2,Me too,2025-10-28T11:00:00Z,linkedin\n"


def _inbox(scene, tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    scene.sections["folder"] = {"path": str(folder)}
    return folder


def _put(folder, name, text, *, age_seconds, now):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (now.timestamp() - age_seconds,) * 2)


def test_files_in_the_watched_folder_are_imported_once_per_version(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    assert scene.run().sources[0].total("new") == 2
    assert scene.run().sources[0].queries == ()
    _put(folder, "posts.csv", CSV + "3,And me,2025-10-28T12:00:00Z,linkedin\n", age_seconds=30, now=scene.clock.now())
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("new"), summary.sources[0].total("duplicate")) == (0, 1, 2)


def test_names_of_people_in_file_names_are_not_stored_and_each_file_is_taken_once(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "@janedoe jane.doe@gmail.com.csv", CSV, age_seconds=60, now=scene.clock.now())
    _put(folder, "jane.doe@gmail.com.json", '{"broken', age_seconds=60, now=scene.clock.now())
    assert scene.run().sources[0].total("new") == 2
    assert scene.run().sources[0].queries == ()
    for table in ("runs", "posts"):
        assert "jane" not in f"{scene.store.scan(table).collect().to_dicts()}"


def test_a_file_name_that_is_no_utf8_is_taken_and_stops_no_other(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    odd = os.fsdecode(b"Entlassungen-\xfc.csv")
    _put(folder, odd, CSV, age_seconds=60, now=scene.clock.now())
    _put(folder, "good.csv", CSV.replace("\n1,", "\n7,"), age_seconds=60, now=scene.clock.now())
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("new")) == (0, 3)
    assert {query.name for query in summary.sources[0].queries} == {r"Entlassungen-\udcfc.csv", "good.csv"}
    assert scene.run().sources[0].queries == ()


def test_a_file_that_is_still_being_copied_waits_for_the_next_run(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "posts.csv", CSV, age_seconds=1, now=scene.clock.now())
    assert scene.run().exit_code == 75
    scene.clock.forward(minutes=5)
    assert scene.run().exit_code == 0
    assert len(scene.stored("linkedin")) == 2


def test_a_file_that_failed_is_taken_again_once_its_settings_have_changed_and_a_file_that_was_taken_is_not(
    scene, tmp_path
):
    folder = _inbox(scene, tmp_path)
    _put(folder, "agency.csv", "Beitrag,Tag\nEntlassen,2025-10-28\n", age_seconds=60, now=scene.clock.now())
    _put(folder, "posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    assert scene.run().exit_code == 1
    again = scene.run()
    assert (again.exit_code, again.sources[0].queries, again.sources[0].still_failed) == (1, (), ("agency.csv",))
    mapping = {"files": "agency*", "source": "xing", "columns": {"text": "Beitrag", "created_at": "Tag"}}
    mended = ImportSettings.model_validate({"mapping": {"agency": mapping}})
    [query] = scene.run(imports=mended).sources[0].queries
    assert (query.name, query.exit_code, query.state.new) == ("agency.csv", 0, 1)
    assert scene.run(imports=mended).sources[0].queries == ()


def test_a_file_that_waited_or_failed_and_was_taken_away_is_no_backlog(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "broken.json", '{"broken', age_seconds=60, now=scene.clock.now())
    _put(folder, "copied.csv", CSV, age_seconds=1, now=scene.clock.now())
    assert scene.run().exit_code == 1
    assert status(scene.store, scene.settings, now=scene.clock.now())[0].backlog == 2
    (folder / "broken.json").unlink()
    (folder / "copied.csv").unlink()
    assert scene.run().exit_code == 0
    [inbox] = status(scene.store, scene.settings, now=scene.clock.now())
    assert (inbox.backlog, inbox.last_status, inbox.error) == (0, "done", None)


def test_files_that_failed_stay_a_failure_until_they_are_moved_away(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    (folder / "sub").mkdir()
    for name in ("a.csv", "b.csv", "sub/c.csv"):
        _put(folder, name, "text,created_at\nLaid off,2025-10-28\n", age_seconds=60, now=scene.clock.now())
    assert scene.run().exit_code == 1
    _put(folder, "posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    taken = scene.run()
    assert (taken.exit_code, taken.sources[0].status, taken.sources[0].total("new")) == (1, "failed", 2)
    [inbox] = status(scene.store, scene.settings, now=scene.clock.now())
    assert (inbox.last_status, inbox.backlog, list(inbox.errors)) == ("failed", 3, ["a.csv", "b.csv", "sub/c.csv"])
    assert inbox.error == inbox.errors["a.csv"]
    for name in ("a.csv", "b.csv", "sub/c.csv"):
        assert inbox.errors[name].startswith(f"{name} doesn't say")
        (folder / name).unlink()
    assert (scene.run().exit_code, scene.run().sources[0].still_failed) == (0, ())
    assert status(scene.store, scene.settings, now=scene.clock.now())[0].last_status == "done"


def test_of_a_file_without_a_platform_the_advice_is_a_setting_of_the_watched_folder(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "a.csv", "text,created_at\nLaid off,2025-10-28\n", age_seconds=60, now=scene.clock.now())
    error = scene.run().sources[0].error
    assert "Say it with platform in [sources.folder] (x, reddit" in error
    assert "--source" not in error
    scene.sections["folder"]["platform"] = "reddit"
    assert scene.run().exit_code == 0


@pytest.mark.parametrize("below", ["data", "data/journals", "data/posts", "", "data/../data"])
def test_the_data_folder_is_not_watched_nor_what_holds_it_or_lies_in_it(scene, tmp_path, below):
    scene.sections["folder"] = {"path": str(tmp_path / below)}
    [outcome] = scene.run().sources
    assert (outcome.exit_code, outcome.queries) == (2, ())
    assert "where the tables are" in outcome.error
    settings = scene.settings
    found = doctor(scene.store, settings, employers=[], credentials=scene.credentials, only=["folder"])
    assert found[0].exit_code == 2
    assert "path in [sources.folder]" in found[0].advice


def test_what_is_left_aside_in_the_watched_folder_is_counted(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    (folder / "sub").mkdir()

    def said():
        found = doctor(scene.store, scene.settings, employers=[], credentials=scene.credentials, only=["folder"])
        return found[0].quota

    _put(folder, "sub/posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    assert said() == f"1 files in {folder}"
    for name in ("sub/photo.jpg", ".hidden.csv"):
        _put(folder, name, CSV, age_seconds=60, now=scene.clock.now())
    (folder / "gone.csv").symlink_to(folder / "nowhere.csv")
    os.mkfifo(folder / "pipe.csv")
    assert said().startswith(f"1 files in {folder}; 4 left aside: hidden")


def test_a_file_that_grows_while_it_is_read_is_taken_again(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    terms = SearchTerms((), {})
    source = Folder(
        scene.settings.folder,
        Opening(
            terms,
            scene.credentials,
            scene.clock,
            tmp_path / "data" / "journals",
            tmp_path / "rejects",
            ImportSettings(),
        ),
    )
    [delivery] = source.deliveries()
    with (folder / "posts.csv").open("a", encoding="utf-8") as file:
        file.write("3,And me,2025-10-28T12:00:00Z,linkedin\n")
    assert source.take(delivery, scene.store, why_stop=lambda: None).grew
    _put(folder, "from-tomorrow.csv", CSV, age_seconds=-86_400, now=scene.clock.now())
    assert [one.ready for one in source.deliveries() if one.name == "from-tomorrow.csv"] == [True]


def test_a_broken_file_does_not_stop_the_others_and_a_missing_folder_is_named(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "a.json", '{"broken', age_seconds=60, now=scene.clock.now())
    _put(folder, "b.csv", CSV, age_seconds=60, now=scene.clock.now())
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("new")) == (1, 2)
    scene.sections["folder"]["path"] = str(tmp_path / "nowhere")
    summary = scene.run()
    assert summary.exit_code == 2
    assert "nowhere" in summary.sources[0].error


LINKEDIN_EXPORT = {
    "Shares.csv": "Date,ShareLink,ShareCommentary,Visibility\n2025-10-28 10:00:00,https://l/activity-7123456,Laid off,PUBLIC\n",
    "Profile.csv": "First Name,Last Name\nAda,L\n",
    "messages.csv": (
        "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER\n"
        "2-1,,Ada,https://l/ada,Bob,https://l/bob,2025-10-28 09:00:00 UTC,,Between us: I am next,INBOX\n"
    ),
}


@pytest.mark.parametrize("below", ["", "Basic_LinkedInDataExport"])
def test_the_watched_folder_takes_of_an_unpacked_linkedin_export_what_an_import_takes(scene, tmp_path, below):
    folder = _inbox(scene, tmp_path)
    scene.sections["folder"]["platform"] = "linkedin"
    (folder / below).mkdir(exist_ok=True)
    for name, text in LINKEDIN_EXPORT.items():
        _put(folder / below, name, text, age_seconds=60, now=scene.clock.now())
    summary = scene.run()
    assert (summary.exit_code, [Path(query.name).name for query in summary.sources[0].queries]) == (0, ["Shares.csv"])
    assert scene.store.scan("posts").collect()["text"].to_list() == ["Laid off"]


def test_private_messages_under_another_name_are_refused_in_the_watched_folder_too(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    scene.sections["folder"]["platform"] = "linkedin"
    _put(folder, "posts.csv", LINKEDIN_EXPORT["messages.csv"], age_seconds=60, now=scene.clock.now())
    summary = scene.run()
    assert summary.exit_code == 1
    assert "private messages" in summary.sources[0].error
    assert scene.store.scan("posts").collect().is_empty()

"""`layoffs init` writes a config and never costs one."""

from pathlib import Path


def test_init_replaces_a_config_as_a_whole_and_keeps_the_old_ones(layoffs, tmp_path, monkeypatch):
    config = tmp_path / "config.toml"
    for mine in ("# mine", "# mine too"):
        config.write_text(mine, encoding="utf-8")
        ended = layoffs("init", "--force")
        assert ended.code == 0
    assert "config.toml.2.old" in ended.out.replace("\n", "")
    assert [(tmp_path / f"config.toml.{n}.old").read_text() for n in (1, 2)] == ["# mine", "# mine too"]
    config.write_text("# mine again", encoding="utf-8")

    def full(self, text, **_):
        self.open("w").close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert layoffs("init", "--force").code == 1
    assert config.read_text() == "# mine again"
    assert not list(tmp_path.glob(".*.draft"))


def test_init_writes_a_config_and_leaves_one_that_is_there_alone(layoffs, tmp_path):
    assert layoffs("init").code == 0
    (tmp_path / "config.toml").write_text("# mine\n")
    ended = layoffs("init")
    assert ended.code == 2
    assert "left alone" in ended.err
    assert (tmp_path / "config.toml").read_text() == "# mine\n"

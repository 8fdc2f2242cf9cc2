"""Generated documentation is up to date."""

from docs.generate.__main__ import DOCS, generated, main, stale


def test_every_generated_file_is_up_to_date():
    files = generated()
    assert files
    assert [str(path.relative_to(DOCS.parent)) for path in stale(files)] == []


def test_what_is_missing_or_different_is_named(tmp_path):
    same, other, missing = (tmp_path / name for name in ("same", "other", "missing"))
    same.write_text("a", encoding="utf-8")
    other.write_text("b", encoding="utf-8")
    assert stale({same: "a", other: "a", missing: "a"}) == [other, missing]


def test_unknown_arguments_are_refused(capsys):
    assert main(["--chck"]) == 2
    assert "usage" in capsys.readouterr().err

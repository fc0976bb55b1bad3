"""``sesguard notices``: what it finds, writes, installs, and the exit codes it ends with."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from sesguard.aws.tables.wordings import DynamoWordings
from sesguard.cli import connect
from sesguard.cli.main import main
from sesguard.cli.notices import command as notices
from sesguard.cli.notices import installed as notices_installed
from sesguard.cli.notices.samples import samples
from sesguard.cli.notices.variables import reference
from sesguard.errors import AwsError
from sesguard.notices.states import NoticeState
from sesguard.notices.templating import FILTERS
from sesguard.notices.wording import built_in_sources
from tests.fakes.clock import NOW
from tests.fakes.guard import a_guard
from tests.fakes.moto_tables import tables
from tests.fakes.world import Memory

ROOT = Path(__file__).resolve().parents[3]
OWN = '{% extends "stream.words" %}{% block title %}Stop, {{ tenant.name }}{% endblock %}'


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "wording"
    folder.mkdir()
    (folder / "paused.words").write_text(OWN, encoding="utf-8")
    (folder / "brand.toml").write_text('name = "Brightmail"\n', encoding="utf-8")
    return folder


def write(folder, name, content):
    (folder / name).write_text(content, encoding="utf-8")


def problems(folder, capsys):
    code = main(["notices", "check", str(folder), "--json"])
    found = json.loads(capsys.readouterr().out)["problems"]
    assert code == (1 if found else 0)
    return [(each["file"], each["line"], each["problem"], each["remedy"]) for each in found]


# ---- check


def test_nothing_is_wrong_with_what_is_right(folder, capsys):
    assert main(["notices", "check", str(folder)]) == 0
    assert "nothing is wrong" in capsys.readouterr().out


def test_the_built_in_templates_pass_as_a_platforms_own(tmp_path, capsys):
    for name, source in built_in_sources().items():
        write(tmp_path, name, source)
    assert problems(tmp_path, capsys) == []


def test_all_that_is_wrong_is_found_at_once_with_file_line_and_remedy(folder, capsys):
    write(folder, "pause.words", "x")
    write(folder, "warned.words", '{% extends "stream.words" %}\n{% block title %}{{ tenan.name }}{% endblock %}')
    write(folder, "calm.words", "{% if %}")
    write(folder, "brand.toml", 'name = "x"\n\ncolor = "#123456"\n')
    found = problems(folder, capsys)
    assert ("pause.words", 0, "the guard has no template of that name", "did you mean paused.words?") in found
    assert ("warned.words", 2, "'tenan' is undefined", "did you mean tenant?") in found
    assert [each[:2] for each in found if each[0] == "calm.words"] == [("calm.words", 1)]
    assert [(each[0], each[1]) for each in found if "colour" in each[3]] == [("brand.toml", 3)]
    assert [each[0] for each in found] == sorted(each[0] for each in found)


@pytest.mark.parametrize(
    ("name", "source", "problem", "remedy"),
    [
        ("layout.html", "{{ tenant.name|safe }}", "No filter named 'safe'", "take it out"),
        ("layout.html", "{% autoescape false %}x{% endautoescape %}", "autoescape may not be changed", "take it out"),
        ("layout.txt", "{{ words.title|percnt }}", "No filter named 'percnt'", "did you mean percent?"),
        ("why.words", "{{ run.rat }}", "'Run object' has no attribute 'rat'", "did you mean rate?"),
        ("why.words", "{{ run.rate }}", "'None' has no attribute 'rate'", "not there in every state"),
        ("digest.words", "x", "has no block", "see docs/notices.md"),
    ],
)
def test_what_a_template_gets_wrong_comes_with_a_remedy(tmp_path, capsys, name, source, problem, remedy):
    write(tmp_path, name, source)
    assert any(problem in found[2] and remedy in found[3] for found in problems(tmp_path, capsys))


def layout(old, new):
    source = built_in_sources()["layout.html"]
    assert old in source
    return source.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "{{ words.title }}</h1>",
            "{{ words.title }}</h1><i class={{ tenant.name }}></i>",
            "becomes tags or attributes",
        ),
        ("{{ words.title }}</h1>", '</h1><a href="{{ tenant.name }}">x</a>', "stands in href of <a>"),
        ("{{ words.title }}</h1>", "</h1><script>x</script>", "<script> has no place in a mail"),
        ("{{ words.title }}</h1>", '</h1><p onclick="x">', "onclick of <p> runs a script"),
        ("{{ words.title }}</h1>", '</h1><img src="data:x">', "src of <img> is no URL of the web"),
        ('<a href="{{ link.url }}"', '<a href="https://us.example"', "leaves out the link"),
    ],
)
def test_a_layout_that_does_harm_is_found(tmp_path, capsys, old, new, problem):
    write(tmp_path, "layout.html", layout(old, new))
    assert any(problem in found[2] for found in problems(tmp_path, capsys))


def test_a_value_that_a_filter_lets_begin_a_heading_is_found(tmp_path, capsys):
    write(
        tmp_path,
        "paused.words",
        '{% extends "stream.words" %}{% block title %}x{% endblock %}'
        "{% block body %}\n{{ tenant.name|replace('a', 'b') }} it\n{% endblock %}",
    )
    assert any("begins a heading" in found[2] for found in problems(tmp_path, capsys))


@pytest.mark.parametrize(
    ("name", "content", "line", "problem"),
    [
        ("brand.toml", b"name = \n", 1, "is not TOML"),
        ("paused.words", b"a\nb\xff", 2, "is not UTF-8"),
        ("paused.words", b"x" * 100_001, 0, "more than 100,000"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, capsys, name, content, line, problem):
    (tmp_path / name).write_bytes(content)
    (found,) = problems(tmp_path, capsys)
    assert found[:2] == (name, line)
    assert problem in found[2]


def test_hidden_files_and_a_readme_are_nobodys_business(folder, capsys):
    write(folder, ".DS_Store", "x")
    write(folder, "README.md", "x")
    assert problems(folder, capsys) == []


def test_a_folder_that_is_not_there_ends_with_2(tmp_path, capsys):
    assert main(["notices", "check", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err


# ---- preview


def test_the_preview_prints_every_notice(capsys):
    assert main(["notices", "preview"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("Subject: ") == len(list(samples()))


def test_one_state_can_be_shown_alone(capsys):
    assert main(["notices", "preview", "--state", "recovered"]) == 0
    assert capsys.readouterr().out.count("Subject: ") == 1


def test_the_preview_writes_a_page_and_every_part_of_each_notice(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["notices", "preview", str(folder), "--file", str(out)]) == 0
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Notices of Brightmail" in page
    assert page.count("<iframe") == 2 * len(list(samples()))
    assert "Stop, Acme Ltd" in (out / "paused.txt").read_text(encoding="utf-8")
    assert json.loads((out / "paused.slack.json").read_text(encoding="utf-8"))["text"] == "Stop, Acme Ltd"
    assert len(list(out.iterdir())) == 1 + 5 * len(list(samples()))


def test_a_preview_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["notices", "preview", "--file", str(tmp_path / "file" / "folder")]) == 1
    assert capsys.readouterr().err == f"sesguard: '{tmp_path}/file/folder': Not a directory\n"


def test_the_preview_opens_a_browser(monkeypatch, capsys):
    opened = []
    monkeypatch.setattr(notices.webbrowser, "open", lambda url: opened.append(url) or True)
    assert main(["notices", "preview", "--to-browser", "--state", "paused"]) == 0
    assert opened[0].startswith("file://")
    assert opened[0].endswith("index.html")


def test_the_preview_of_a_broken_folder_shows_what_stood_in_and_ends_with_1(folder, capsys):
    write(folder, "paused.words", "{{ nowhere }}")
    assert main(["notices", "preview", str(folder), "--state", "paused"]) == 1
    printed = capsys.readouterr().out
    assert "Sending through acme-news is paused" in printed
    assert "the built-in wording stood in" in printed


# ---- install and reset


@pytest.fixture
def installed(monkeypatch):
    """The wording that the guard reads out of its table."""
    guard = a_guard(Memory())
    stack = dataclasses.replace(guard.stack, outputs={"TenantsTableName": "tenants"})
    with tables() as client:

        class Clients:
            dynamodb = client

        monkeypatch.setattr(connect, "find", lambda _: dataclasses.replace(guard, stack=stack, clients=Clients()))
        monkeypatch.setattr(connect, "now", lambda: NOW)
        yield lambda: DynamoWordings(client, "tenants").now()


def paused(wording):
    return next(sample for sample in samples() if sample.name == "paused").write(wording)


def test_what_is_installed_is_what_notices_use(folder, installed, capsys):
    assert main(["notices", "install", str(folder), "--yes"]) == 0
    printed = capsys.readouterr().out
    assert "+ paused.words" in printed
    assert "+ brand.toml: name" in printed
    assert paused(installed()).subject == "Stop, Acme Ltd"
    assert installed().brand.name == "Brightmail"


def test_installing_the_same_again_changes_nothing(folder, installed, capsys):
    main(["notices", "install", str(folder), "--yes"])
    assert main(["notices", "install", str(folder), "--yes"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_another_version_shows_what_changes(folder, installed, capsys):
    main(["notices", "install", str(folder), "--yes"])
    (folder / "brand.toml").unlink()
    write(folder, "paused.words", OWN.replace("Stop", "Halt"))
    capsys.readouterr()
    assert main(["notices", "install", str(folder), "--yes"]) == 0
    printed = capsys.readouterr().out
    assert "~ paused.words" in printed
    assert "- brand.toml: name" in printed
    assert paused(installed()).subject == "Halt, Acme Ltd"


def test_a_reset_brings_the_built_in_wording_back(folder, installed, capsys):
    main(["notices", "install", str(folder), "--yes"])
    assert main(["notices", "reset", "--yes"]) == 0
    assert paused(installed()).subject == "Sending through acme-news is paused"
    assert main(["notices", "reset", "--yes"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_what_is_wrong_is_not_installed(folder, installed, capsys):
    write(folder, "warned.words", "{{ nowhere }}")
    assert main(["notices", "install", str(folder), "--yes"]) == 1
    assert "nothing is installed" in capsys.readouterr().err
    assert paused(installed()).subject == "Sending through acme-news is paused"


def test_a_folder_with_nothing_to_install_is_said_to_be_so(tmp_path, installed, capsys):
    assert main(["notices", "install", str(tmp_path), "--yes"]) == 1
    printed = capsys.readouterr()
    assert (printed.out, "has nothing to install" in printed.err) == ("", True)


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_a_terminal_is_asked(folder, installed, monkeypatch, answer, code):
    class Terminal:
        def isatty(self):
            return True

        def readline(self):
            return answer

    monkeypatch.setattr("sys.stdin", Terminal())
    assert main(["notices", "install", str(folder)]) == code
    assert (paused(installed()).subject == "Stop, Acme Ltd") == (code == 0)


def test_where_nobody_can_be_asked_yes_has_to_be_said(folder, installed, capsys):
    assert main(["notices", "install", str(folder)]) == 2
    assert "--yes" in capsys.readouterr().err


def test_more_than_an_item_holds_is_refused_before_anything_is_written(folder, installed, monkeypatch, capsys):
    monkeypatch.setattr(notices_installed, "_LARGEST", 100)
    assert main(["notices", "install", str(folder), "--yes"]) == 2
    assert "DynamoDB holds 100" in capsys.readouterr().err


def test_a_guard_that_cannot_be_reached_ends_with_3(folder, monkeypatch, capsys):
    def unreachable(_):
        raise AwsError("DescribeStacks", "AccessDenied", retryable=False)

    monkeypatch.setattr(connect, "find", unreachable)
    assert main(["notices", "install", str(folder), "--yes"]) == 3


# ---- the reference


def test_the_reference_in_the_docs_is_the_codes():
    docs = (ROOT / "docs" / "notices.md").read_text(encoding="utf-8")
    between = docs.split("<!-- variables -->\n")[1].split("<!-- /variables -->")[0]
    assert between == reference(), "write it anew from: sesguard notices variables"


def test_the_docs_name_every_template_state_and_filter():
    docs = (ROOT / "docs" / "notices.md").read_text(encoding="utf-8")
    for name in built_in_sources():
        stem, _, suffix = name.partition(".")
        assert f"`{name}`" in docs or (suffix == "words" and stem in list(NoticeState) and f"`{stem}`" in docs), name
    assert all(f"`{name}`" in docs for name in FILTERS)


def test_variables_prints_the_reference(capsys):
    assert main(["notices", "variables"]) == 0
    assert "| `resumes_after` | time or none |" in capsys.readouterr().out

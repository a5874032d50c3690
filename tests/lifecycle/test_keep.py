"""What a project keeps for itself, and pages whose change is offered instead of merged."""

import json

import pytest
from support.guard_process import Inner
from support.small_template import FILES, named
from support.template_origin import SECOND, commit

GUIDE = "docs/guide.md"
KEEP = ".template-keep.yml"


def test_kept_paths_stay_whatever_the_template_does(small: Inner) -> None:
    small.work(
        {
            KEEP: "keep:\n  - docs/\n  - /src/*/split.py\n  - never-there.md\n",
            GUIDE: small.read(GUIDE).replace("line 3", "ours"),
            "src/churn_model/split.py": None,
        }
    )
    text = small.read(GUIDE)
    small.origin.release(
        SECOND,
        named(
            {
                GUIDE: "theirs\n",
                "docs/old.md": None,
                "docs/new.md": "new\n",
                "src/{{package_name}}/split.py": '"""Splits by time."""\n',
                "params.yaml": "rate: 0.2\nrounds: 10\n",
            }
        ),
    )
    done = small.guard("update", "--json")
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)
    assert found["kept"] == [GUIDE, "docs/new.md", "docs/old.md", "src/churn_model/split.py"]
    assert found["files"][GUIDE] == {
        "verdict": "yours",
        "reason": f"listed in {KEEP}: it stays as you have it",
        "person": False,
    }
    assert (small.read(GUIDE), small.read("docs/old.md")) == (text, "old\n")
    assert not (small.path / "docs/new.md").exists()
    assert not (small.path / "src/churn_model/split.py").exists()
    assert small.read("params.yaml") == "rate: 0.2\nrounds: 10\n"
    assert f"_commit: {SECOND}\n" in small.read(".copier-answers.yml")
    commit(small.path)
    assert small.update(code=2) == {}
    assert json.loads(small.guard("status", "--json").stdout)["keep"] == ["docs/", "/src/*/split.py", "never-there.md"]


def test_everything_kept_is_an_update_all_the_same(small: Inner) -> None:
    small.work({KEEP: 'keep: ["*"]\n'})
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    assert small.update() == {".copier-answers.yml": "changed", GUIDE: "yours"}


@pytest.mark.parametrize("text", ["- docs\n", "keep: docs\n", "keep: [1]\n", "keep: [a\n", "other: [a]\n"])
def test_a_list_that_says_nothing_is_refused(text: str, small: Inner) -> None:
    small.work({KEEP: text})
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    assert "lists no paths: write `keep:`, and below it a line `- path` for each" in small.refused()


def test_an_empty_list_keeps_nothing(small: Inner) -> None:
    small.work({KEEP: "keep:\n"})
    small.origin.release(SECOND, named({GUIDE: "theirs\n"}))
    assert small.update()[GUIDE] == "changed"


def test_edited_pages_get_an_offer(small: Inner) -> None:
    small.work({"README.md": "# Our own\n", ".github/CODEOWNERS": "* @ada\n"})
    readme = FILES["README.md.jinja"].replace("Use make.", "Use make help.")
    small.origin.release(
        SECOND,
        named({"README.md.jinja": readme, ".github/CODEOWNERS": FILES[".github/CODEOWNERS"] + "/mk/ @platform\n"}),
    )
    done = small.guard("update")
    assert done.returncode == 0, done.stdout
    assert (
        "yours     README.md: edited here: it stays as you have it, and the template's change is offered" in done.stdout
    )
    offer = done.stdout.split("offered for README.md, not applied:\n")[1]
    assert "    -Use make.\n    +Use make help.\n" in offer
    assert "    +/mk/ @platform\n" in done.stdout.split("offered for .github/CODEOWNERS, not applied:\n")[1]
    assert (small.read("README.md"), small.read(".github/CODEOWNERS")) == ("# Our own\n", "* @ada\n")


def test_pages_that_nobody_edited_are_updated(small: Inner) -> None:
    readme = FILES["README.md.jinja"].replace("Use make.", "Use make help.")
    small.work({".github/CODEOWNERS": small.read(".github/CODEOWNERS") + "/mk/ @platform\n"})
    small.origin.release(
        SECOND,
        named({"README.md.jinja": readme, ".github/CODEOWNERS": FILES[".github/CODEOWNERS"] + "/mk/ @platform\n"}),
    )
    done = small.guard("update")
    assert done.returncode == 0
    assert "offered" not in done.stdout
    assert "Use make help." in small.read("README.md")

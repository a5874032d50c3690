"""The package's folder: renamed by hand it is recognized, renamed by an answer its own modules are named."""

import os
from pathlib import Path

from support.guard_process import Inner
from support.small_template import TRAIN, named
from support.template_origin import SECOND, commit, git, put

SOURCE = "src/{{package_name}}"
ALLOWED = ("-c", "protocol.file.allow=always")


def renamed(small: Inner) -> None:
    """Renames the package's folder as people do, with a module of their own in it."""
    git(small.path, "mv", "src/churn_model", "src/pricing")
    small.work({"src/pricing/own.py": '"""Ours."""\n\nfrom .train import train\n\nfit = train\n'})


def test_a_folder_renamed_by_hand_is_not_doubled(small: Inner) -> None:
    renamed(small)
    small.work({"src/pricing/train.py": small.read("src/pricing/train.py") + "\n\nOURS = 1\n"})
    text = TRAIN.replace('"""Trains."""', '"""Trains a model."""')
    small.origin.release(SECOND, named({f"{SOURCE}/train.py": text, f"{SOURCE}/new.py": '"""New."""\n'}))
    done = small.guard("update")
    assert done.returncode == 0, done.stdout
    assert "the folder src/churn_model/ is src/pricing/ here: package_name is pricing from now on" in done.stdout
    assert not (small.path / "src/churn_model").exists()
    assert small.read("src/pricing/new.py") == '"""New."""\n'
    assert small.read("src/pricing/train.py") == text + "\n\nOURS = 1\n"
    assert "package_name: pricing\n" in small.read(".copier-answers.yml")
    commit(small.path)
    assert small.update(code=2) == {}
    assert "is src/pricing/ here" not in small.guard("status").stdout


def test_status_compares_the_renamed_folder(small: Inner) -> None:
    renamed(small)
    text = small.guard("status").stdout
    assert "0 edited, 0 missing" in text
    assert "is src/pricing/ here" in text


def test_a_package_that_was_deleted_is_no_other_folder(small: Inner) -> None:
    git(small.path, "rm", "--quiet", "-r", "src/churn_model")
    small.work({"src/other/__init__.py": "", "src/other/main.py": "", "src/other/more.py": ""})
    small.origin.release(SECOND, named({f"{SOURCE}/new.py": '"""New."""\n'}))
    small.update()
    assert "package_name: churn_model\n" in small.read(".copier-answers.yml")


SCHEMA = '"""Ours."""\n\nCOLUMNS = ["a"]\n'


def test_own_modules_and_the_contract_follow_an_answer(small: Inner) -> None:
    own = {"src/churn_model/own.py": "from .train import train\n", "src/churn_model/deep/more.py": "OURS = 2\n"}
    small.work({**own, "src/churn_model/schema.py": SCHEMA})
    assert set(small.update("--data", "package_name=pricing").values()) == {"changed", "added", "removed"}
    assert not list((small.path / "src/churn_model").glob("**/*.py"))
    assert small.read("src/pricing/schema.py") == SCHEMA
    assert small.read("src/pricing/own.py") == own["src/churn_model/own.py"]
    assert small.read("src/pricing/deep/more.py") == own["src/churn_model/deep/more.py"]


def test_what_names_the_old_package_needs_a_person(small: Inner) -> None:
    small.work({"tests/test_own.py": "from churn_model.train import train\n", "src/churn_model/own.py": "OURS = 1\n"})
    small.work({"src/pricing/own.py": "OURS = 2\n"})
    done = small.guard("update", "--data", "package_name=pricing")
    assert done.returncode == 3
    assert "check     tests/test_own.py: imports train from churn_model.train, which is not there" in done.stdout
    stays = "src/churn_model/own.py belongs at src/pricing/own.py now, where a file of yours is: rename yours"
    assert f"yours     src/churn_model/own.py: {stays}" in done.stdout
    assert (small.read("src/churn_model/own.py"), small.read("src/pricing/own.py")) == ("OURS = 1\n", "OURS = 2\n")


def test_a_submodule_in_the_package_stays_where_it_is(small: Inner, tmp_path: Path) -> None:
    put(tmp_path / "s", {"a.txt": "theirs\n"})
    git(tmp_path / "s", "init", "--quiet")
    commit(tmp_path / "s")
    git(small.path, *ALLOWED, "submodule", "add", "--quiet", str(tmp_path / "s"), "src/churn_model/vendor")
    commit(small.path)
    modules, entry = small.read(".gitmodules"), git(small.path, "ls-files", "--stage", "src/churn_model/vendor")
    done = small.guard("update", "--data", "package_name=pricing")
    assert done.returncode == 3, done.stdout + done.stderr
    said = "a submodule, which stays where it is: `git mv src/churn_model/vendor src/pricing/vendor`"
    assert f"yours     src/churn_model/vendor: {said}" in done.stdout
    assert small.read("src/churn_model/vendor/a.txt") == "theirs\n"
    assert (small.path / "src/pricing/train.py").is_file()
    assert small.read(".gitmodules") == modules
    assert git(small.path, "ls-files", "--stage", "src/churn_model/vendor") == entry
    git(small.path, "mv", "src/churn_model/vendor", "src/pricing/vendor")
    assert git(small.path, "submodule", "status").split()[1] == "src/pricing/vendor"


def test_names_that_are_no_text_come_along(small: Inner) -> None:
    name = os.fsdecode(b"caf\xe9.md")
    small.work({f"docs/{name}": "ours\n", f"src/churn_model/{name}": "ours too\n"})
    small.origin.release(SECOND, named({"docs/guide.md": "new\n", f"{SOURCE}/split.py": None}))
    done = small.guard("update", "--data", "package_name=pricing")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "added     src/pricing/caf\\udce9.md" in done.stdout
    assert (small.read(f"docs/{name}"), small.read(f"src/pricing/{name}")) == ("ours\n", "ours too\n")
    assert not (small.path / "src/churn_model").exists()
    commit(small.path)
    assert small.guard("status", "--json").returncode == 0

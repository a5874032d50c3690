"""A hostile template runs nothing and reads nothing of this machine: in an update, a dry run, and a status."""

import contextlib
from pathlib import Path

import pytest
from source.environment import allowed
from support.guard_process import Inner
from support.small_template import ANSWERS, COPIER, FILES, named, source
from support.template_origin import FIRST, SECOND, commit, files, git, put

TOKEN = "ghp_0123456789abcdef"  # noqa: S105
RUN = "cycler.__init__.__globals__.os.system('env > PWNED')"
REACH = "''.__class__.__mro__[1].__subclasses__()"
# The condition tells Copier's rendering and another one apart.
ELSEWHERE = f"{{% if _copier_conf is not defined %}}{{{{ {RUN} }}}}{{% endif %}}docs/"
EXPRESSIONS = [f"{{{{ {RUN} }}}}", ELSEWHERE, f"{{{{ {REACH} }}}}", "{{ '$GH_TOKEN' | expandvars }}"]
KEYS = ("_skip_if_exists", "_exclude")


def question(key: str, text: str) -> str:
    """A settings file with a further question, one of whose keys is hostile."""
    keys = {"type": "str", "default": "x", "help": "Evil.", key: text}
    return COPIER + "evil:\n" + "".join(f"  {name}: {value!r}\n" for name, value in keys.items())


def settings(key: str, text: str) -> str:
    """A settings file with a hostile pattern."""
    rest = COPIER.replace('_skip_if_exists:\n  - "src/*/schema.py"\n', "")
    return f"{key}: [{text!r}]\n{rest}"


SETTINGS = {
    **{f"{key} {number}": settings(key, text) for key in KEYS for number, text in enumerate(EXPRESSIONS[:2])},
    **{key: question(key, EXPRESSIONS[0]) for key in ("default", "when", "validator", "choices", "help", "type")},
    "environment": question("default", EXPRESSIONS[3]),
    "tasks": "_tasks: ['env > PWNED']\n" + COPIER,
    "migrations": "_migrations: [{version: 2.0.0, before: ['env > PWNED'], after: ['env > PWNED']}]\n" + COPIER,
    "extensions": "_jinja_extensions: [os.system]\n" + COPIER,
    "include": "evil: !include /etc/passwd\n" + COPIER,
    "include above": "evil: !include ../../*\n" + COPIER,
    "external": "_external_data: {evil: ../secret.yml}\n" + question("default", "{{ _external_data.evil.token }}"),
    "answers": "_answers_file: ../../PWNED\n" + COPIER,
    "subdirectory": COPIER.replace("_subdirectory: template", f"_subdirectory: {EXPRESSIONS[0]!r}"),
    "envops": COPIER.replace("keep_trailing_newline: true", "finalize: os.system, extensions: [os.system]"),
    "deep": question("default", "{{ " + "(" * 5000 + " }}"),
    "yaml": "evil: !!python/object/apply:os.system ['env > PWNED']\n" + COPIER,
}
CONTENTS = {
    **{f"text {number}": {"evil.txt.jinja": text} for number, text in enumerate(EXPRESSIONS)},
    "name": {f"docs/{EXPRESSIONS[3]}.md": "x\n"},
    "name above": {"docs/{{ '../' * 9 }}PWNED": "x\n"},
    "include": {"evil.txt.jinja": "{% include '/etc/passwd' %}"},
    "undefined": {"evil.txt.jinja": "{{ nowhere }}"},
    "no template": {"evil.txt.jinja": "{{"},
}


def harmless(small: Inner, *verbs: str) -> list[str]:
    """Runs verbs with a token in the environment; returns what they said."""
    environment = {"GH_TOKEN": TOKEN, "TEMPLATE_UPDATE_TOKEN": TOKEN}
    (small.path.parent / "secret.yml").write_text(f"token: {TOKEN}\n")
    with contextlib.chdir(small.path):
        done = [small.guard(*verb.split(), **environment) for verb in verbs]
    said = [each.stdout + each.stderr for each in done]
    assert {each.returncode for each in done} <= {0, 1, 2, 3}
    assert not list(small.path.parents[1].rglob("PWNED"))
    assert not any(TOKEN in text for text in said)
    assert not any(TOKEN.encode() in text for text in files(small.path).values())
    assert all("Traceback" not in text for text in said)
    return said


def test_settings(small: Inner) -> None:
    """Those of the version to update to, in a dry run, which plans as an update does."""
    for text in SETTINGS.values():
        put(small.origin.path, {"copier.yml": text})
        commit(small.origin.path)
        git(small.origin.path, "tag", "--force", SECOND)
        harmless(small, "update --dry-run")


def test_settings_of_the_recorded_version(small: Inner) -> None:
    """As where its tag was moved, in a status, which renders it."""
    text = [line for line in small.read(".copier-answers.yml").splitlines() if not line.startswith("_commit_id")]
    small.work({".copier-answers.yml": "\n".join(text) + "\n"})
    for name in SETTINGS:
        put(small.origin.path, {"copier.yml": SETTINGS[name]})
        commit(small.origin.path)
        git(small.origin.path, "tag", "--force", FIRST)
        harmless(small, "status")


@pytest.mark.parametrize("name", CONTENTS)
def test_contents(name: str, small: Inner) -> None:
    small.origin.release(SECOND, named(CONTENTS[name]))
    harmless(small, "update")


LINKS = {
    "to a file": ("passwd", "/etc/passwd", ""),
    "above": ("above", "../../secret.yml", ""),
    "to a folder": ("etc", "/etc", ""),
    "kept": ("passwd", "/etc/passwd", "_preserve_symlinks: true\n"),
    "written by an expression": ("passwd.jinja", "{{ '/etc' }}{{ '/passwd' }}", "_preserve_symlinks: true\n"),
    "in place of the answers": (
        ".copier-answers.yml.jinja",
        "{{ '/tmp' }}{{ '/PWNED' }}",
        "_preserve_symlinks: true\n",
    ),
}


@pytest.mark.parametrize("name", LINKS)
def test_links(name: str, small: Inner) -> None:
    link, to, setting = LINKS[name]
    (small.origin.path / "template" / link).symlink_to(to)
    gone = {ANSWERS: None} if link.startswith(".copier-answers") else {}
    small.origin.release(SECOND, {"copier.yml": setting + COPIER, **named(gone)})
    (said,) = harmless(small, "update")
    assert "out of" in said
    assert "root:" not in said
    assert not any(b"root:" in text for text in files(small.path).values())
    assert not Path("/tmp/PWNED").exists()  # noqa: S108


@pytest.mark.parametrize(
    "transport", ["ext::sh -c 'env > PWNED'", "fd::17/x", "-oProxyCommand=env>PWNED", "--upload-pack=x"]
)
def test_sources(transport: str, small: Inner) -> None:
    source(small, transport)
    assert "the template can't be fetched from" in harmless(small, "update")[0]


def test_tokens_are_not_in_the_environment_of_what_is_rendered_or_handed_over() -> None:
    secret = ("GH_TOKEN", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "UV_PUBLISH_TOKEN", "MLFLOW_TRACKING_PASSWORD")
    secret = (*secret, "SSH_AUTH_SOCK", "GIT_ASKPASS", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "PYTHONPATH", "LD_PRELOAD")
    useful = {"PATH": "/bin", "HOME": "/root", "LC_ALL": "C", "https_proxy": "http://p", "SSL_CERT_FILE": "x"}
    useful |= {"UV_OFFLINE": "1", "XDG_CACHE_HOME": "/c", "GIT_AUTHOR_NAME": "Ada", "GIT_CONFIG_GLOBAL": "/dev/null"}
    git_settings = {
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_0": "http.https://github.com/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {TOKEN}",
        "GIT_CONFIG_KEY_1": "safe.directory",
        "GIT_CONFIG_VALUE_1": "*",
        "GIT_CONFIG_KEY_2": f"url.https://x:{TOKEN}@github.com/.insteadOf",
        "GIT_CONFIG_VALUE_2": "https://github.com/",
    }
    kept = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    assert allowed(dict.fromkeys(secret, TOKEN) | useful | git_settings) == useful | kept


def test_a_harmless_template_is_rendered(small: Inner) -> None:
    """The same paths without a payload: the checks above don't pass because all is refused."""
    (small.origin.path / "template/docs/link.md").symlink_to("guide.md")
    extra = {
        "copier.yml": settings("_skip_if_exists", "docs/"),
        **named({"new.txt.jinja": "{{ description | upper }}"}),
    }
    small.origin.release(SECOND, extra)
    assert "added     new.txt" in harmless(small, "update")[0]
    assert small.read("new.txt") == "PREDICTS CHURN."
    assert FILES["docs/guide.md"] == small.read("docs/link.md")

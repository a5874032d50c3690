"""The hook against tokens: made-up ones of each service, anywhere in a text. None is written here in one piece."""

import re
import string

import pytest
import yaml
from release.template import Template

pytestmark = pytest.mark.capability("no secrets in the repository", kind="static")

MIXED = (string.ascii_letters[20:] + string.digits + string.ascii_lowercase)[:64]
UPPER, LOWER, HEXADECIMAL = "Q7RSTUVWXYZABCD2" * 4, "b" + string.ascii_lowercase * 3, "0123456789abcdef" * 4
# service: beginning, end
TOKENS = {
    "a key of the service": ("mlops_", MIXED[:43]),
    "GitHub, personal": ("ghp_", MIXED[:36]),
    "GitHub, OAuth": ("gho_", MIXED[:36]),
    "GitHub, user to server": ("ghu_", MIXED[:36]),
    "GitHub, server to server": ("ghs_", MIXED[:36]),
    "GitHub, refresh": ("ghr_", MIXED[:40]),
    "GitHub, fine-grained": ("github_pat_", MIXED[:22] + "_" + MIXED[:59]),
    "GitLab, personal": ("glpat-", MIXED[:20]),
    "GitLab, routable": ("glpat-", MIXED[:27] + ".01.120abcdef"),
    "GitLab, deploy": ("gldt-", MIXED[:20]),
    "GitLab, feed": ("glft-", MIXED[:20]),
    "GitLab, runner": ("glrt-", MIXED[:20]),
    "GitLab, job": ("glcbt-", "64_" + MIXED[:20]),
    "GitLab, trigger": ("glptt-", HEXADECIMAL[:40]),
    "GitLab, agent": ("glagent-", MIXED[:50]),
    "GitLab, OAuth": ("glsoat-", MIXED[:20]),
    "GitLab, registration": ("GR1348", "941" + MIXED[:20]),
    "AWS, key": ("AKIA", UPPER[:16]),
    "AWS, session": ("ASIA", UPPER[:16]),
    "AWS, secret": ("AWS_SECRET_ACCESS_", "KEY=" + MIXED[:40]),
    "AWS, secret in a file of settings": ("aws_secret_access_", "key = " + MIXED[:38] + "/+"),
    "Google, API": ("AIza", MIXED[:35]),
    "Google, OAuth client": ("GOCSPX-", MIXED[:28]),
    "Google, access": ("ya29.", MIXED[:60]),
    "Azure, storage": ("AccountKey=", MIXED + MIXED[:22] + "=="),
    "Azure, bus": ("SharedAccessKey=", MIXED[:43] + "="),
    "Azure, signed address": ("https://a.example.com/c?sv=2026&sig=", MIXED[:41] + "%3D"),
    "Azure, application": ("abc8", "Q~" + MIXED[:34]),
    "Azure, service": (MIXED[:52], "JQQJ9" + "9BKACYeBjFXJ3w3AAABACOG" + MIXED[:4]),
    "Slack, bot": ("xoxb-", "123456789012-1234567890123-" + MIXED[:24]),
    "Slack, user": ("xoxp-", "123456789012-1234567890123-" + MIXED[:24]),
    "Slack, configuration": ("xoxe.xoxp-", "1-" + MIXED[:40]),
    "Slack, app": ("xapp-", "1-A0123456789-" + MIXED[:20]),
    "Slack, webhook": ("https://hooks.slack", ".com/services/T01234567/B01234567/" + MIXED[:24]),
    "OpenAI, former": ("sk-", MIXED[:20] + "T3BlbkFJ" + MIXED[:20]),
    "OpenAI, project": ("sk-", "proj-" + MIXED[:48]),
    "OpenAI, service account": ("sk-", "svcacct-" + MIXED[:48]),
    "Anthropic": ("sk-", "ant-api03-" + MIXED + "-AA"),
    "Hugging Face": ("hf_", MIXED[:34]),
    "Hugging Face, organization": ("api_org_", LOWER[:34]),
    "PyPI": ("pypi-", "AgEIcHlwaS5vcmc" + MIXED),
    "npm": ("npm_", MIXED[:36]),
    "Databricks": ("dapi", HEXADECIMAL[:32]),
    "Stripe": ("sk_", "live_" + MIXED[:24]),
    "an older key of the service, in a header": ("Authorization", ": Bearer " + MIXED[:43]),
    "an older key of the service, in the other header": ("X-API-", "Key: " + MIXED[:43]),
    "a private key": ("-----BEGIN ", "OPENSSH PRIVATE KEY-----"),
}
# How a token gets into a file; several of these lines are ones that detect-secrets does not read.
LINES = ("{}", "token: {}", "# {}", '  "TOKEN": "{}",', 'client = Client("{}")', ".a {{ content: '{}' }}")
HARMLESS = (
    "secretName: api-keys",
    "uses: actions/checkout@" + HEXADECIMAL[:40],
    "sha256:" + HEXADECIMAL,
    "Authorization: Bearer KEY",
    "Authorization: Bearer $SERVICE_API_KEY_OF_THE_SHOP",
    "AWS_SECRET_ACCESS_KEY: ${{ env.AWS_SECRET_ACCESS_KEY || secrets.AWS_SECRET_ACCESS_KEY }}",
    "a risk-averse-and-quite-long-name-of-something-else",
    "from mlops_platform_with_a_long_name import nothing",
)


@pytest.fixture(scope="module")
def pattern(in_memory: Template) -> re.Pattern[bytes]:
    """What pre-commit looks for in each line of a file, as bytes."""
    hooks = yaml.safe_load(in_memory.rendering({}).text(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    (hook,) = (hook for hook in hooks if hook["id"] == "tokens")
    assert (hook["language"], hook["types"]) == ("pygrep", ["text"])
    return re.compile(hook["entry"].encode())


@pytest.mark.parametrize("service", TOKENS)
def test_a_token_is_found_on_every_line(service: str, pattern: re.Pattern[bytes]) -> None:
    token = "".join(TOKENS[service])
    assert [line for line in LINES if not pattern.search(line.format(token).encode())] == []
    assert not pattern.search(f"{token}  # pragma: allowlist secret".encode())


@pytest.mark.parametrize("line", HARMLESS)
def test_what_is_no_token_passes(line: str, pattern: re.Pattern[bytes]) -> None:
    assert not pattern.search(line.encode())


def test_a_long_line_takes_no_time(pattern: re.Pattern[bytes]) -> None:
    """A picture in a notebook is one line of up to a megabyte; pre-commit has no time limit."""
    assert not pattern.search(b"/9j" * 300_000)

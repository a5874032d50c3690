"""Who is granted what on Google Cloud and Azure, as Terraform computes it from `roles.tf`; no provider can be had here.

Each grant becomes an output, what a provider would make in it a text that names it: `storage_bucket.this[dvc]`.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.platforms.terraform_runner import Terraform

GRANT = re.compile(r'^resource "(google_\w+_iam_member|azurerm_role_assignment)" "(\w+)" \{\n(.*?)^\}', re.M | re.S)
MADE = re.compile(
    r'\b(?:google|azurerm)_(\w+\.\w+)(?:\[((?:"\w+"|[\w.])+)\])?\.(?:name|id|member|principal_id|location)\b'
)
WHERE, WHO, WHAT = ("bucket", "repository", "service_account_id", "scope"), ("member", "principal_id"), "role"


def plain(text: str) -> str:
    """Returns expressions without what a provider makes."""

    def name(found: re.Match[str]) -> str:
        return f'"{found[1]}[${{{found[2]}}}]"' if found[2] else f'"{found[1]}"'

    return MADE.sub(name, text)


def outputs(roles: str) -> Iterator[str]:
    """Yields an output for each grant: a list of where, who and what."""
    for _, name, body in GRANT.findall(roles):
        values = dict(re.findall(r"^  (\w+) += (.+)$", body, re.M))
        where, who = (next(values[key] for key in keys if key in values) for keys in (WHERE, WHO))
        what = values.get("role") or values["role_definition_name"]
        row = f"{{ where = {where}, who = {who}, what = {what} }}".replace("each.", "each_")
        row = row.replace("each_value", "value").replace("each_key", "key")
        yield f'output "{name}" {{\n  value = [for key, value in {values["for_each"]} : {row}]\n}}\n'


def grants(root: Path, folder: Path, environment: dict[str, str], values: dict[str, Any]) -> list[dict[str, str]]:
    """Returns every grant of a root module to workflows and people, computed in an empty folder."""
    roles = plain((root / "roles.tf").read_text(encoding="utf-8"))
    local = "\n".join(re.findall(r"^locals \{\n.*?^\}", roles, re.M | re.S))
    names = 'locals {\n  name = "${var.project_name}-${var.environment}"\n}\n'
    (folder / "main.tf").write_text("\n".join([names, local, *outputs(roles)]), encoding="utf-8")
    for name in ("variables.tf", "github.tf"):
        shutil.copy(root / name, folder)
    (folder / "values.tfvars.json").write_text(json.dumps(values), encoding="utf-8")
    module = Terraform(folder, environment)
    module("init", "-input=false")
    module("plan", "-input=false", "-var-file=values.tfvars.json", "-out=plan")
    planned = module.json("show", "-json", "plan")["planned_values"]["outputs"]
    return [grant for output in planned.values() for grant in output["value"]]

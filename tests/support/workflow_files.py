"""The workflows of the template and of the projects, each with the Makefile whose commands it runs."""

from support.rendered_project import ROOT

TEMPLATE = ROOT / "template"
MONITORING, DELIVERY, CLOUD, FEATURES, GOVERNANCE = (
    next(TEMPLATE.glob(f"*mk*/*{name}.mk*")) for name in ("monitoring", "delivery", "cloud", "features", "governance")
)
WORKFLOWS = {
    "own": (ROOT / ".github/workflows/ci.yml", ROOT / "Makefile"),
    "generated": (TEMPLATE / ".github/workflows/ci.yml", TEMPLATE / "Makefile.jinja"),
    "update": (TEMPLATE / ".github/workflows/template-update.yml", TEMPLATE / "Makefile.jinja"),
    "audit": (next(TEMPLATE.glob(".github/workflows/*audit.yml*")), GOVERNANCE),
    "security": (next(TEMPLATE.glob(".github/workflows/*security.yml*")), GOVERNANCE),
    "deliver": (next(TEMPLATE.glob(".github/workflows/*deliver.yml*")), DELIVERY),
    "sign": (next(TEMPLATE.glob(".github/workflows/*sign.yml*")), DELIVERY),
    "production": (next(TEMPLATE.glob(".github/workflows/*production.yml*")), DELIVERY),
    "cloud-cost": (next(TEMPLATE.glob(".github/workflows/*cloud-cost.yml*")), CLOUD),
    "materialize": (next(TEMPLATE.glob(".github/workflows/*materialize.yml*")), FEATURES),
    "monitor": (next(TEMPLATE.glob(".github/workflows/*monitor.yml*")), MONITORING),
    "retrain": (next(TEMPLATE.glob(".github/workflows/*retrain.yml*")), MONITORING),
}

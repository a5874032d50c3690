# Names that several files use, and the group that everything is in.
locals {
  # Names of storage accounts end at 24 characters without hyphens, so they get a hash.
  project = length(var.project_name) > 22 ? "${trimsuffix(substr(var.project_name, 0, 16), "-")}-${substr(sha256(var.project_name), 0, 5)}" : var.project_name
  name    = "${local.project}-${var.environment}"
  short   = "${substr(replace(var.project_name, "-", ""), 0, 8)}${substr(sha256("${var.subscription_id}${local.name}"), 0, 8)}"
  tags    = { project = var.project_name, environment = var.environment, managed-by = "terraform" }

  # As the overlays of deploy/k8s name it.
  namespace = coalesce(var.namespace, "${length(var.project_name) <= 52 ? var.project_name : "${substr(var.project_name, 0, 43)}-${substr(sha256(var.project_name), 0, 8)}"}-${var.environment}")
}

data "azurerm_client_config" "this" {}

resource "azurerm_resource_group" "this" {
  name     = local.name
  location = var.region
  tags     = local.tags
}

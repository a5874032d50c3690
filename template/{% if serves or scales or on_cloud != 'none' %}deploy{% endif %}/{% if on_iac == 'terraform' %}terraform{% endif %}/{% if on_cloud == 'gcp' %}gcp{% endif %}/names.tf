# Names that several files use, and the services of Google Cloud that are asked.
locals {
  # Names of accounts end at 30 characters, so a long project name is cut, and a hash keeps it apart from others.
  project = length(var.project_name) > 12 ? "${trimsuffix(substr(var.project_name, 0, 6), "-")}-${substr(sha256(var.project_name), 0, 5)}" : var.project_name
  name    = "${local.project}-${var.environment == "production" ? "prod" : "stag"}"

  # As the overlays of deploy/k8s name it.
  namespace = coalesce(var.namespace, "${length(var.project_name) <= 52 ? var.project_name : "${substr(var.project_name, 0, 43)}-${substr(sha256(var.project_name), 0, 8)}"}-${var.environment}")

  services = toset(concat(
    ["artifactregistry", "cloudkms", "iam", "iamcredentials", "storage"],
    var.mlflow_enabled ? ["compute", "run", "secretmanager", "servicenetworking", "sqladmin"] : [],
    var.cluster_enabled ? ["compute", "container"] : [],
    var.endpoint_enabled ? ["run"] : [],
    var.billing_account != null ? ["billingbudgets"] : [],
  ))
}

data "google_project" "this" {
  project_id = var.gcp_project
}

resource "google_project_service" "this" {
  for_each = local.services

  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

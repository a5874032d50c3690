# Who may do what: workflows of GitHub by OIDC, one service account a purpose, and people by role. What each may do is bound
# to buckets and registry, not to the project.
locals {
  workflows = { for purpose, subjects in local.subjects : purpose => values(subjects) }
  as        = { viewer = "ci", data-scientist = "retrain", ml-engineer = "engineer" }
  members = merge(
    { for purpose in keys(local.workflows) : purpose => { as = purpose, member = google_service_account.workflow[purpose].member } },
    { for pair in flatten([for role, members in var.people : [for member in members : { role = role, member = member }]]) : "${pair.role} ${pair.member}" => { as = local.as[pair.role], member = pair.member } },
  )
}

resource "google_iam_workload_identity_pool" "github" {
  workload_identity_pool_id = local.name

  depends_on = [google_project_service.this]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  #checkov:skip=CKV_GCP_125:the condition names one repository and members name exact subjects; checkov does not know the values
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"

  # GitHub makes an environment that a workflow of any branch names; until it is limited to main, the branch is what counts.
  attribute_condition = "assertion.repository == \"${var.github_owner}/${var.github_repository}\" && (assertion.ref == \"refs/heads/main\" || assertion.sub.endsWith(\":pull_request\"))"

  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
    "attribute.signer"     = "has(assertion.job_workflow_ref) && assertion.ref == \"refs/heads/main\" ? assertion.job_workflow_ref : \"none\""
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account" "workflow" {
  for_each = local.workflows

  account_id   = "${local.name}-${each.key}"
  display_name = "GitHub's workflows of ${var.github_owner}/${var.github_repository}: ${each.key}"
}

resource "google_service_account_iam_member" "workflow" {
  for_each = merge([for purpose, subjects in local.workflows : { for subject in subjects : "${purpose} ${subject}" => { purpose = purpose, subject = subject } } if purpose != "push"]...)

  service_account_id = google_service_account.workflow[each.value.purpose].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principal://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/subject/${each.value.subject}"
}

# Jobs of main run code of dependencies; the one that pushes and signs runs none.
resource "google_service_account_iam_member" "push" {
  for_each = toset(local.signers)

  service_account_id = google_service_account.workflow["push"].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/attribute.signer/${each.key}"
}

# -- what each may do -----------------------------------------------------------------------------------------------------
locals {
  readers = merge([for bucket in ["dvc", "mlflow"] : { for who, member in local.members : "${bucket} ${who}" => { bucket = bucket, member = member.member } if member.as != "push" }]...)
  sources = merge([for bucket in var.source_buckets : { for who, member in local.members : "${bucket} ${who}" => { bucket = bucket, member = member.member } if member.as != "push" }]...)
}

# What ingest reads and another project owns; the person who applies must be allowed to give this right.
resource "google_storage_bucket_iam_member" "source" {
  for_each = local.sources

  bucket = each.value.bucket
  role   = "roles/storage.objectViewer"
  member = each.value.member
}

resource "google_storage_bucket_iam_member" "read" {
  for_each = local.readers

  bucket = google_storage_bucket.this[each.value.bucket].name
  role   = "roles/storage.objectViewer"
  member = each.value.member
}

# Adds to the data and never deletes.
resource "google_storage_bucket_iam_member" "add" {
  for_each = { for who, member in local.members : who => member.member if contains(["retrain", "engineer"], member.as) }

  bucket = google_storage_bucket.this["dvc"].name
  role   = "roles/storage.objectCreator"
  member = each.value
}

resource "google_artifact_registry_repository_iam_member" "this" {
  for_each = local.members

  location   = google_artifact_registry_repository.this.location
  repository = google_artifact_registry_repository.this.name
  role       = contains(["push", "engineer"], each.value.as) ? "roles/artifactregistry.writer" : "roles/artifactregistry.reader"
  member     = each.value.member
}

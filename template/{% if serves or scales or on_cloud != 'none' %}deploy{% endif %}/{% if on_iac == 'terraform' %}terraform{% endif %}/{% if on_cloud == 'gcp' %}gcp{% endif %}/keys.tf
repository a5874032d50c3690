# One key for data at rest, which Google's services use on behalf of this project; new material every 90 days.
resource "google_kms_key_ring" "this" {
  name     = local.name
  location = var.region

  depends_on = [google_project_service.this]
}

resource "google_kms_crypto_key" "data" {
  name            = "data"
  key_ring        = google_kms_key_ring.this.id
  rotation_period = "7776000s"

  lifecycle {
    prevent_destroy = true # what it encrypted would be lost
  }
}

data "google_storage_project_service_account" "this" {}

# Google makes these accounts when a service is first used; README.md says how to have them before.
resource "google_kms_crypto_key_iam_member" "service" {
  for_each = merge(
    { storage = "serviceAccount:${data.google_storage_project_service_account.this.email_address}" },
    { registry = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-artifactregistry.iam.gserviceaccount.com" },
    var.mlflow_enabled ? { database = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-cloud-sql.iam.gserviceaccount.com" } : {},
  )

  crypto_key_id = google_kms_crypto_key.data.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}

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

resource "google_project_service_identity" "this" {
  for_each = toset(concat(["artifactregistry"], var.mlflow_enabled ? ["sqladmin"] : []))

  service = "${each.key}.googleapis.com"
}

data "google_storage_project_service_account" "this" {}

resource "google_kms_crypto_key_iam_member" "service" {
  for_each = merge(
    { storage = "serviceAccount:${data.google_storage_project_service_account.this.email_address}" },
    { for service, identity in google_project_service_identity.this : service => identity.member },
  )

  crypto_key_id = google_kms_crypto_key.data.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}

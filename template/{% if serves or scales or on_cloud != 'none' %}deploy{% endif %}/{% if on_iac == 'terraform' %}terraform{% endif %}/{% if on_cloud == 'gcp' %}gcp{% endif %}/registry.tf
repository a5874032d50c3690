# Images: of the endpoint and of MLflow's server. They run by digest: tags move, for cosign adds the second attestation of an image to the tag of the first.
resource "google_artifact_registry_repository" "this" {
  repository_id = local.name
  location      = var.region
  format        = "DOCKER"
  kms_key_name  = google_kms_crypto_key.data.id

  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  cleanup_policies {
    id     = "newest"
    action = "KEEP"

    most_recent_versions {
      keep_count = 100
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.service]
}

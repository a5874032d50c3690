# Who may do what with the prediction log: the service of the cluster adds files to it, the monitor reads them. GKE gives the
# service's account in the cluster an identity of its own, so there is neither a service account of Google nor a key.
resource "google_storage_bucket_iam_member" "service" {
  count = var.cluster_enabled ? 1 : 0

  bucket = google_storage_bucket.this["predictions"].name
  role   = "roles/storage.objectCreator"
  member = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${var.gcp_project}.svc.id.goog/subject/ns/${local.namespace}/sa/service"

  depends_on = [google_container_cluster.this]
}

resource "google_storage_bucket_iam_member" "monitor" {
  bucket = google_storage_bucket.this["predictions"].name
  role   = "roles/storage.objectViewer"
  member = google_service_account.workflow["ci"].member
}

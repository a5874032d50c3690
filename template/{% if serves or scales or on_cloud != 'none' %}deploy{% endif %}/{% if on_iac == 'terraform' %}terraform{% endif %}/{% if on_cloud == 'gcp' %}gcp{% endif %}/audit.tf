# Who did what: changes are always logged by Google; this adds reads and writes of data.
resource "google_project_iam_audit_config" "this" {
  for_each = toset(["storage.googleapis.com", "cloudkms.googleapis.com", "secretmanager.googleapis.com"])

  project = var.gcp_project
  service = each.key

  dynamic "audit_log_config" {
    for_each = toset(["ADMIN_READ", "DATA_READ", "DATA_WRITE"])

    content {
      log_type = audit_log_config.key
    }
  }
}

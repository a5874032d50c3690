# Buckets: data of DVC, artifacts of MLflow, the prediction log, access logs of these. Google serves them by TLS only.
locals {
  buckets = { dvc = true, mlflow = true, predictions = true, access-logs = false } # whether reads and writes are logged
  days    = { access-logs = var.retention_days, predictions = var.prediction_days }
}

resource "google_storage_bucket" "this" {
  #checkov:skip=CKV_GCP_62:all are logged but the bucket of the logs, which would log itself without end
  for_each = local.buckets

  name                        = "${var.gcp_project}-${local.name}-${each.key}"
  location                    = var.region
  force_destroy               = !var.protected
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  encryption {
    default_kms_key_name = google_kms_crypto_key.data.id
  }

  dynamic "logging" {
    for_each = each.value ? ["${var.gcp_project}-${local.name}-access-logs"] : []

    content {
      log_bucket        = logging.value
      log_object_prefix = each.key
    }
  }

  autoclass {
    enabled = each.value # moves what nobody reads to cheaper storage
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = each.key == "predictions" ? 30 : var.retention_days
    }

    action {
      type = "Delete"
    }
  }

  dynamic "lifecycle_rule" {
    for_each = [for purpose, days in local.days : days if purpose == each.key]

    content {
      condition {
        age = lifecycle_rule.value
      }

      action {
        type = "Delete"
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.service]
}

resource "google_storage_bucket_iam_member" "logs" {
  bucket = google_storage_bucket.this["access-logs"].name
  role   = "roles/storage.objectCreator"
  member = "group:cloud-storage-analytics@google.com"
}

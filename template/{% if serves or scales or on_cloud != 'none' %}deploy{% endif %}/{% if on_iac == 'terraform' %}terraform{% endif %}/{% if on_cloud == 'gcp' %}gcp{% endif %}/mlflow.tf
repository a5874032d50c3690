# MLflow's server on Cloud Run, which ends TLS, and its database. The server hands out artifacts itself: clients need its
# password, not the bucket. Its image is built of ../mlflow/.
resource "google_sql_database_instance" "mlflow" {
  #checkov:skip=CKV2_GCP_13:log_duration is on; this check does not read dynamic blocks
  #checkov:skip=CKV_GCP_79:the major version is chosen for MLflow, not for its age
  count = var.mlflow_enabled ? 1 : 0

  name                = "${local.name}-mlflow"
  database_version    = "POSTGRES_16"
  encryption_key_name = google_kms_crypto_key.data.id
  deletion_protection = var.protected

  settings {
    tier                        = "db-custom-1-3840"
    edition                     = "ENTERPRISE"
    availability_type           = "ZONAL" # a second zone doubles the cost, and a day without new runs stops no service
    disk_autoresize             = true
    deletion_protection_enabled = var.protected

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.this[0].id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
    }

    dynamic "database_flags" {
      for_each = {
        log_checkpoints            = "on"
        log_connections            = "on"
        log_disconnections         = "on"
        log_duration               = "on"
        log_hostname               = "on"
        log_lock_waits             = "on"
        log_min_error_statement    = "error"
        log_min_messages           = "error"
        log_statement              = "ddl"
        "cloudsql.enable_pgaudit"  = "on"
        log_min_duration_statement = "-1"
      }

      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  depends_on = [google_service_networking_connection.database, google_kms_crypto_key_iam_member.service]
}

resource "google_sql_database" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  name     = "mlflow"
  instance = google_sql_database_instance.mlflow[0].name
}

# Terraform makes the places; the values are put there by hand (README.md), so that no state file has them.
resource "google_secret_manager_secret" "mlflow" {
  for_each = toset(var.mlflow_enabled ? ["flask-key", "admin-password", "database-password"] : [])

  secret_id = "${local.name}-mlflow-${each.key}"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_service_account" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  account_id   = "${local.name}-mlflow"
  display_name = "MLflow's server"
}

resource "google_storage_bucket_iam_member" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  bucket = google_storage_bucket.this["mlflow"].name
  role   = "roles/storage.objectUser"
  member = google_service_account.mlflow[0].member
}

resource "google_secret_manager_secret_iam_member" "mlflow" {
  for_each = google_secret_manager_secret.mlflow

  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.mlflow[0].member
}

resource "google_cloud_run_v2_service" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  name                = "${local.name}-mlflow"
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_ALL" # MLflow asks for a password
  deletion_protection = var.protected

  template {
    service_account = google_service_account.mlflow[0].email

    scaling {
      min_instance_count = 1
      max_instance_count = 2
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"

      network_interfaces {
        network    = google_compute_network.this[0].id
        subnetwork = google_compute_subnetwork.this[0].id
      }
    }

    containers {
      image = var.mlflow_image

      ports {
        container_port = 5000
      }

      resources {
        limits = { cpu = "1", memory = "2Gi" }
      }

      dynamic "env" {
        for_each = {
          ARTIFACTS                   = "gs://${google_storage_bucket.this["mlflow"].name}/artifacts"
          DATABASE_HOST               = "${google_sql_database_instance.mlflow[0].private_ip_address}:5432"
          DATABASE_USER               = "mlflow"
          MLFLOW_AUTH_ADMIN_USERNAME  = "admin"
          MLFLOW_SERVER_ALLOWED_HOSTS = "*.run.app"
        }

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = {
          DATABASE_PASSWORD              = "database-password"
          MLFLOW_AUTH_ADMIN_PASSWORD     = "admin-password"
          MLFLOW_FLASK_SERVER_SECRET_KEY = "flask-key"
        }

        content {
          name = env.key

          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.mlflow[env.value].secret_id
              version = "latest"
            }
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.mlflow]
}

# Whoever reaches it is asked for a password by MLflow itself.
resource "google_cloud_run_v2_service_iam_member" "mlflow" {
  #checkov:skip=CKV_GCP_102:MLflow's clients know a password, not Google's tokens
  count = var.mlflow_enabled ? 1 : 0

  name     = google_cloud_run_v2_service.mlflow[0].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}

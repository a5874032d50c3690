# The service on Cloud Run, for a team with little traffic: it costs nothing while nobody asks. Callers need Google's token
# and the key of the service, as X-API-Key.
resource "google_service_account" "endpoint" {
  count = var.endpoint_enabled ? 1 : 0

  account_id   = "${local.name}-endpoint"
  display_name = "The serverless endpoint: may do nothing"
}

resource "google_cloud_run_v2_service" "endpoint" {
  count = var.endpoint_enabled ? 1 : 0

  name                = local.name
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_ALL"
  deletion_protection = var.protected

  template {
    service_account = google_service_account.endpoint[0].email

    scaling {
      max_instance_count = 5 # bounds what a flood of requests can cost
    }

    containers {
      image = var.endpoint_image

      ports {
        container_port = 8000
      }

      env {
        name  = "SERVE_API_KEYS"
        value = join(",", var.endpoint_api_keys)
      }

      startup_probe {
        http_get {
          path = "/health/ready"
        }
      }
    }
  }
}

# The network, where something runs in it: one subnet, a way out by NAT, and a way to Google's own services past it.
locals {
  has_network = var.cluster_enabled || var.mlflow_enabled
}

resource "google_compute_network" "this" {
  count = local.has_network ? 1 : 0

  name                    = local.name
  auto_create_subnetworks = false

  depends_on = [google_project_service.this]
}

resource "google_compute_subnetwork" "this" {
  count = local.has_network ? 1 : 0

  name                     = local.name
  network                  = google_compute_network.this[0].id
  ip_cidr_range            = "10.40.0.0/20"
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.44.0.0/14"
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.40.16.0/20"
  }

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# What no rule of the cluster lets in stays out, and is logged.
resource "google_compute_firewall" "closed" {
  count = local.has_network ? 1 : 0

  name          = "${local.name}-closed"
  network       = google_compute_network.this[0].name
  direction     = "INGRESS"
  priority      = 65534
  source_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_router" "this" {
  count = local.has_network ? 1 : 0

  name    = local.name
  network = google_compute_network.this[0].id
}

resource "google_compute_router_nat" "this" {
  count = local.has_network ? 1 : 0

  name                               = local.name
  router                             = google_compute_router.this[0].name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"
}

# Addresses for the database, which Google runs in a network of its own beside this one.
resource "google_compute_global_address" "database" {
  count = var.mlflow_enabled ? 1 : 0

  name          = "${local.name}-database"
  network       = google_compute_network.this[0].id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
}

resource "google_service_networking_connection" "database" {
  count = var.mlflow_enabled ? 1 : 0

  network                 = google_compute_network.this[0].id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.database[0].name]
}

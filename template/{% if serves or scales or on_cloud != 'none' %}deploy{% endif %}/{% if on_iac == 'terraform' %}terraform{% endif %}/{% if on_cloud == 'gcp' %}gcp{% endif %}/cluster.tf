# The Kubernetes cluster: a pool that always runs, a spot pool, a GPU pool where one is asked for; each grows and shrinks by
# itself. Nodes are private; pods take on service accounts by workload identity.
resource "google_container_cluster" "this" {
  #checkov:skip=CKV_GCP_65:groups of Google need a domain of the organization
  #checkov:skip=CKV_GCP_69:nodes have the metadata server of GKE, set on the pools
  #checkov:skip=CKV_GCP_66:Argo CD's policy asks for signed digests; Binary Authorization is a decision of the organization
  count = var.cluster_enabled ? 1 : 0

  name                        = local.name
  location                    = var.region
  network                     = google_compute_network.this[0].id
  subnetwork                  = google_compute_subnetwork.this[0].id
  remove_default_node_pool    = true
  initial_node_count          = 1
  enable_shielded_nodes       = true
  enable_intranode_visibility = true
  datapath_provider           = "ADVANCED_DATAPATH" # network policies
  deletion_protection         = var.protected

  release_channel {
    channel = "REGULAR"
  }

  workload_identity_config {
    workload_pool = "${var.gcp_project}.svc.id.goog"
  }

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = length(var.cluster_public_cidrs) == 0
  }

  master_authorized_networks_config {
    dynamic "cidr_blocks" {
      for_each = toset(var.cluster_public_cidrs)

      content {
        cidr_block = cidr_blocks.key
      }
    }
  }

  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  resource_labels = { environment = var.environment }
}

locals {
  pools = { for pool, nodes in {
    base = { min = var.nodes.min, max = var.nodes.max, type = var.nodes.type, gpu = null, spot = false }
    spot = { min = var.spot_nodes.min, max = var.spot_nodes.max, type = var.spot_nodes.type, gpu = null, spot = true }
    gpu  = { min = try(var.gpu_nodes.min, 0), max = try(var.gpu_nodes.max, 0), type = try(var.gpu_nodes.type, ""), gpu = try(var.gpu_nodes.gpu, null), spot = true }
  } : pool => nodes if var.cluster_enabled && nodes.max > 0 }
}

resource "google_service_account" "nodes" {
  count = var.cluster_enabled ? 1 : 0

  account_id   = "${local.name}-nodes"
  display_name = "Nodes of the cluster"
}

resource "google_project_iam_member" "nodes" {
  count = var.cluster_enabled ? 1 : 0

  project = var.gcp_project
  role    = "roles/container.defaultNodeServiceAccount"
  member  = google_service_account.nodes[0].member
}

resource "google_container_node_pool" "this" {
  for_each = local.pools

  name     = each.key
  cluster  = google_container_cluster.this[0].id
  location = var.region

  autoscaling {
    total_min_node_count = each.value.min
    total_max_node_count = each.value.max
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  node_config {
    machine_type    = each.value.type
    spot            = each.value.spot
    image_type      = "COS_CONTAINERD"
    service_account = google_service_account.nodes[0].email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    labels          = { pool = each.key }

    dynamic "taint" {
      for_each = each.value.spot && each.value.gpu == null ? ["spot"] : []

      content {
        key    = "pool"
        value  = taint.value
        effect = "NO_SCHEDULE"
      }
    }

    dynamic "guest_accelerator" {
      for_each = each.value.gpu == null ? [] : [each.value.gpu]

      content {
        type  = guest_accelerator.value
        count = 1
      }
    }

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }
}

# Who may do what in the cluster, by Google's roles.
resource "google_project_iam_member" "person" {
  for_each = var.cluster_enabled ? { for pair in flatten([for role, members in var.people : [for member in members : { role = role, member = member }]]) : "${pair.role} ${pair.member}" => pair } : {}

  project = var.gcp_project
  role    = each.value.role == "ml-engineer" ? "roles/container.developer" : "roles/container.viewer"
  member  = each.value.member
}

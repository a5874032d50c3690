# The Kubernetes cluster: a pool that always runs, a spot pool, a GPU pool where one is asked for. People get in by their
# role; whoever made the cluster is its administrator.
resource "aws_eks_cluster" "this" {
  #checkov:skip=CKV_AWS_39:its API is public only for cluster_public_cidrs, which is empty by default
  #checkov:skip=CKV_AWS_38:cluster_public_cidrs refuses 0.0.0.0/0
  count = var.cluster_enabled ? 1 : 0

  name                      = local.name
  version                   = var.kubernetes_version
  role_arn                  = aws_iam_role.service["cluster"].arn
  enabled_cluster_log_types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = true
  }

  vpc_config {
    subnet_ids              = local.private_subnets
    endpoint_private_access = true
    endpoint_public_access  = length(var.cluster_public_cidrs) > 0
    public_access_cidrs     = length(var.cluster_public_cidrs) > 0 ? var.cluster_public_cidrs : null
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = aws_kms_key.this["cluster"].arn
    }
  }

  depends_on = [aws_iam_role_policy_attachment.cluster, aws_cloudwatch_log_group.cluster]
}

resource "aws_cloudwatch_log_group" "cluster" {
  count = var.cluster_enabled ? 1 : 0

  name              = "/aws/eks/${local.name}/cluster" # EKS chooses the name
  retention_in_days = var.retention_days
  kms_key_id        = aws_kms_key.this["cluster"].arn
}

# -- nodes ----------------------------------------------------------------------------------------------------------------
locals {
  pools = { for pool, nodes in {
    base = { size = var.nodes, spot = false, gpu = false }
    spot = { size = var.spot_nodes, spot = true, gpu = false }
    gpu  = { size = var.gpu_nodes, spot = true, gpu = true }
  } : pool => nodes if var.cluster_enabled && nodes.size != null }
}

resource "aws_launch_template" "node" {
  count = var.cluster_enabled ? 1 : 0

  name                   = "${local.name}-node"
  update_default_version = true

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size = 50
      volume_type = "gp3"
      encrypted   = true
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each = local.pools

  cluster_name    = aws_eks_cluster.this[0].name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.service["nodes"].arn
  subnet_ids      = local.private_subnets
  instance_types  = each.value.size.types
  capacity_type   = each.value.spot ? "SPOT" : "ON_DEMAND"
  ami_type        = each.value.gpu ? "AL2023_x86_64_NVIDIA" : "AL2023_x86_64_STANDARD"
  labels          = { pool = each.key }

  launch_template {
    id      = aws_launch_template.node[0].id
    version = aws_launch_template.node[0].latest_version
  }

  scaling_config {
    min_size     = each.value.size.min
    max_size     = each.value.size.max
    desired_size = each.value.size.min
  }

  update_config {
    max_unavailable = 1
  }

  # What may be interrupted says so by a toleration; the service stays on nodes that are not taken away.
  dynamic "taint" {
    for_each = each.value.gpu ? { "nvidia.com/gpu" = "present" } : each.value.spot ? { pool = "spot" } : {}

    content {
      key    = taint.key
      value  = taint.value
      effect = "NO_SCHEDULE"
    }
  }

  # The autoscaler finds the pools by the tags that EKS itself gives, and its number of nodes is not Terraform's.
  lifecycle {
    ignore_changes = [scaling_config[0].desired_size]
  }

  depends_on = [aws_iam_role_policy_attachment.nodes]
}

# -- the network's add-on -------------------------------------------------------------------------------------------------
# EKS installs it by itself, and then heeds no NetworkPolicy: those of deploy/k8s would hold on paper.
resource "aws_eks_addon" "network" {
  count = var.cluster_enabled ? 1 : 0

  cluster_name                = aws_eks_cluster.this[0].name
  addon_name                  = "vpc-cni"
  configuration_values        = jsonencode({ enableNetworkPolicy = "true" })
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
}

# -- rights of the cluster itself, its nodes, the autoscaler --------------------------------------------------------------
resource "aws_iam_role_policy_attachment" "cluster" {
  count = var.cluster_enabled ? 1 : 0

  role       = aws_iam_role.service["cluster"].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_iam_role_policy_attachment" "nodes" {
  for_each = toset(var.cluster_enabled ? ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly"] : [])

  role       = aws_iam_role.service["nodes"].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/${each.key}"
}

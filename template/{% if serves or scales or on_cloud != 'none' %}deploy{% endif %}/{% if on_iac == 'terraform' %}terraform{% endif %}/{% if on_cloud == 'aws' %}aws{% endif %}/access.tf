# Who may do what in the cluster: people by their role, the autoscaler by its service account.
locals {
  rights = { # in the namespace of the service, and nowhere else
    viewer         = "AmazonEKSViewPolicy"
    data-scientist = "AmazonEKSViewPolicy"
    ml-engineer    = "AmazonEKSEditPolicy"
  }
  entries = var.cluster_enabled ? local.made_people : {}
}

resource "aws_eks_access_entry" "person" {
  for_each = local.entries

  cluster_name      = aws_eks_cluster.this[0].name
  principal_arn     = aws_iam_role.person[each.key].arn
  kubernetes_groups = [each.key]
}

resource "aws_eks_access_policy_association" "person" {
  for_each = local.entries

  cluster_name  = aws_eks_cluster.this[0].name
  principal_arn = aws_eks_access_entry.person[each.key].principal_arn
  policy_arn    = "arn:${local.partition}:eks::aws:cluster-access-policy/${local.rights[each.key]}"

  access_scope {
    type       = "namespace"
    namespaces = [local.namespace]
  }
}

# -- the autoscaler, kube-system/cluster-autoscaler -----------------------------------------------------------------------
resource "aws_iam_openid_connect_provider" "cluster" {
  count = var.cluster_enabled ? 1 : 0

  url            = aws_eks_cluster.this[0].identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "autoscaler" {
  count = var.cluster_enabled ? 1 : 0

  name                 = "${local.name}-autoscaler"
  assume_role_policy   = data.aws_iam_policy_document.cluster_trust["autoscaler"].json
  permissions_boundary = aws_iam_policy.boundary.arn
}

# Who takes on a role of the cluster: one service account, by namespace and name.
data "aws_iam_policy_document" "cluster_trust" {
  for_each = var.cluster_enabled ? { autoscaler = "kube-system:cluster-autoscaler", predictions = "${local.namespace}:service" } : {}

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.cluster[0].arn]
    }

    dynamic "condition" {
      for_each = { sub = "system:serviceaccount:${each.value}", aud = "sts.amazonaws.com" }

      content {
        test     = "StringEquals"
        variable = "${trimprefix(aws_eks_cluster.this[0].identity[0].oidc[0].issuer, "https://")}:${condition.key}"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role_policy" "autoscaler" {
  count = var.cluster_enabled ? 1 : 0

  name   = "scale"
  role   = aws_iam_role.autoscaler[0].id
  policy = data.aws_iam_policy_document.autoscaler[0].json
}

data "aws_iam_policy_document" "autoscaler" {
  #checkov:skip=CKV_AWS_356:what only describes knows no resource
  count = var.cluster_enabled ? 1 : 0

  statement {
    sid       = "Look"
    actions   = ["autoscaling:Describe*", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeImages", "ec2:GetInstanceTypesFromInstanceRequirements"]
    resources = ["*"]
  }

  statement {
    sid       = "LookAtPools"
    actions   = ["eks:DescribeNodegroup"]
    resources = ["arn:${local.partition}:eks:${local.region_account}:nodegroup/${local.name}/*"]
  }

  statement {
    sid       = "Scale"
    actions   = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
    resources = ["arn:${local.partition}:autoscaling:${local.region_account}:autoScalingGroup:*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/k8s.io/cluster-autoscaler/${local.name}"
      values   = ["owned"]
    }
  }
}

# The most that any role of this project can do, whatever its own policy says. The role that applies Terraform has exactly
# this, so it can't make a role that may do more, and it can't change this policy: that takes a person of the account.
resource "aws_iam_policy" "boundary" {
  name        = "${local.name}-boundary"
  description = "The most that roles of ${local.name} may do"
  policy      = data.aws_iam_policy_document.boundary.json
}

# The most that nodes can do. They pull images of AWS's own registry (network, DNS), which no other role needs, and reach no
# data: pods get a role of their own.
resource "aws_iam_policy" "nodes_boundary" {
  name        = "${local.name}-nodes-boundary"
  description = "The most that nodes of ${local.name} may do"
  policy      = data.aws_iam_policy_document.nodes_boundary.json
}

locals {
  mine       = "${local.name}-*"
  iam        = "arn:${local.partition}:iam::${local.account}"
  boundaries = [for name in ["boundary", "nodes-boundary"] : "${local.iam}:policy/${local.name}-${name}"]

  audit_bucket = "arn:${local.partition}:s3:::${local.name}-audit-${local.account}"
  audit_log    = "arn:${local.partition}:logs:${local.region_account}:log-group:/${local.name}/audit"
  audit_keys   = [for purpose, key in aws_kms_key.this : key.arn if purpose == "audit"]
  sources      = concat(var.source_keys, flatten([for name in var.source_buckets : ["arn:${local.partition}:s3:::${name}", "arn:${local.partition}:s3:::${name}/*"]]))
}

data "aws_iam_policy_document" "boundary" {
  #checkov:skip=CKV_AWS_109:it bounds roles, and gives a right only together with a role's own policy
  #checkov:skip=CKV_AWS_111:as above
  #checkov:skip=CKV_AWS_356:as above; what stands under "*" has no names to choose by
  #checkov:skip=CKV_AWS_108:as above
  #checkov:skip=CKV_AWS_107:as above
  #checkov:skip=CKV_AWS_110:a role can be made and changed only with this same boundary
  statement {
    sid     = "OwnByName"
    actions = ["s3:*", "ecr:*", "eks:*", "ecs:*", "rds:*", "logs:*", "lambda:*", "cloudtrail:*", "secretsmanager:*", "budgets:*"]
    resources = concat([
      "arn:${local.partition}:s3:::${local.mine}",
      "arn:${local.partition}:budgets::${local.account}:budget/${local.name}",
      local.trail_arn,
      # Short, for AWS counts the characters of a boundary: names are the same in no two regions, as those of roles are.
      ], [for part in [
        "ecr:*:*:repository/NAME/*",
        "eks:*:*:access-entry/NAME/*", "eks:*:*:addon/NAME/*", "eks:*:*:cluster/NAME", "eks:*:*:nodegroup/NAME/*",
        "ecs:*:*:cluster/NAME", "ecs:*:*:service/NAME/*", "ecs:*:*:task/NAME/*", "ecs:*:*:task-definition/NAME-*",
        "lambda:*:*:function:NAME",
        "logs:*:*:log-group:/NAME/*", "logs:*:*:log-group:/aws/eks/NAME/*",
        "rds:*:*:db:NAME-*", "rds:*:*:og:default:*", "rds:*:*:pg:NAME-*", "rds:*:*:snapshot:NAME-*", "rds:*:*:subgrp:NAME-*",
        "secretsmanager:*:*:secret:NAME-*", "secretsmanager:*:*:secret:rds!*", # RDS names its passwords itself
    ] : "arn:${local.partition}:${replace(part, "NAME", local.name)}"])
  }

  statement {
    sid       = "State"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
    resources = ["arn:${local.partition}:s3:::${var.state_bucket}", "arn:${local.partition}:s3:::${var.state_bucket}/${var.project_name}/${var.environment}/*"]
  }

  # What has no names to choose by, but tags: what has the tag of another project is out of reach, and so are instances,
  # disks and snapshots, which this module leaves to EKS. Tag what belongs to others in this account.
  statement {
    sid = "WithoutNames"
    actions = [
      "ec2:Describe*", "ec2:*Address*", "ec2:*FlowLogs*", "ec2:*InternetGateway*", "ec2:*LaunchTemplate*", "ec2:*NatGateway*",
      "ec2:*NetworkInterface*", "ec2:*Route", "ec2:*RouteTable*", "ec2:*SecurityGroup*", "ec2:*Subnet*", "ec2:*Tags", "ec2:*Vpc*",
      "ec2:RunInstances", # EKS tries a launch template with it
      "elasticloadbalancing:*", "autoscaling:Describe*", "ecr:GetAuthorizationToken", "ecs:RegisterTaskDefinition", "ecs:DeregisterTaskDefinition",
      "ecs:DescribeTaskDefinition", "kms:CreateKey", "kms:ListAliases", "logs:DescribeLogGroups", "cloudtrail:DescribeTrails",
      "secretsmanager:GetRandomPassword", "eks:CreateCluster", "eks:DescribeAddonVersions",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }

    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:ResourceTag/project"
      values   = [var.project_name]
    }
  }

  statement {
    sid       = "Autoscaler"
    actions   = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/k8s.io/cluster-autoscaler/${local.name}"
      values   = ["owned"]
    }
  }

  dynamic "statement" {
    for_each = length(local.sources) > 0 ? [local.sources] : []

    content {
      sid       = "Sources"
      actions   = ["s3:GetObject*", "s3:ListBucket", "s3:GetBucketLocation", "kms:Decrypt", "kms:DescribeKey"]
      resources = statement.value
    }
  }

  # Who applies may look at the audit trail. To change, stop or erase it takes an administrator, as it does for this policy.
  statement {
    sid    = "Audit"
    effect = "Deny"
    not_actions = [
      "cloudtrail:Describe*", "cloudtrail:Get*", "cloudtrail:List*", "kms:Describe*", "kms:Get*", "kms:List*", "logs:CreateLogStream",
      "logs:Describe*", "logs:List*", "logs:PutLogEvents", "s3:Get*", "s3:List*",
    ]
    resources = concat([local.trail_arn, local.audit_bucket, "${local.audit_bucket}/*", local.audit_log, "${local.audit_log}:*"], local.audit_keys)
  }

  # By tag, which keys get when they are made. A key without a tag is within reach if its own policy leaves it to IAM, so
  # tag the keys of others in this account.
  statement {
    sid       = "OwnKeys"
    actions   = ["kms:*"]
    resources = ["arn:${local.partition}:kms:${local.region_account}:key/*", "arn:${local.partition}:kms:${local.region_account}:alias/${local.mine}"]

    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:ResourceTag/project"
      values   = [var.project_name]
    }
  }

  statement {
    sid       = "ReadRoles"
    actions   = ["iam:Get*", "iam:List*", "iam:TagRole", "iam:UntagRole", "iam:DeleteRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"]
    resources = concat(["${local.iam}:role/${local.mine}", "${local.iam}:oidc-provider/*"], local.boundaries)
  }

  statement {
    sid       = "PassRoles"
    actions   = ["iam:PassRole"]
    resources = ["${local.iam}:role/${local.mine}"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = [for service in ["cloudtrail", "ec2", "ecs-tasks", "eks", "lambda", "vpc-flow-logs"] : "${service}.amazonaws.com"]
    }
  }

  statement {
    sid       = "BoundedRoles"
    actions   = ["iam:CreateRole", "iam:*RolePolicy", "iam:PutRolePermissionsBoundary"] # put, delete, attach, detach
    resources = ["${local.iam}:role/${local.mine}"]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = local.boundaries
    }
  }

  statement {
    sid       = "ClusterProvider"
    actions   = ["iam:*OpenIDConnectProvider"]
    resources = ["${local.iam}:oidc-provider/oidc.eks.${var.region}.amazonaws.com/*"]
  }

  statement {
    sid       = "RolesOfAWS" # which AWS defines, and services make when they are first used
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.iam}:role/aws-service-role/*"]
  }
}

data "aws_iam_policy_document" "nodes_boundary" {
  #checkov:skip=CKV_AWS_109:it bounds the role of nodes, and gives a right only together with AWS's policies for nodes
  #checkov:skip=CKV_AWS_111:as above
  #checkov:skip=CKV_AWS_356:as above; images of AWS have accounts that differ by region, network interfaces have no names
  #checkov:skip=CKV_AWS_108:as above
  #checkov:skip=CKV_AWS_107:as above
  statement {
    sid = "Nodes"
    actions = [
      "ec2:Describe*", "ec2:*NetworkInterface*", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:CreateTags",
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
      "eks:DescribeCluster", "eks-auth:AssumeRoleForPodIdentity",
    ]
    resources = ["*"]

    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:ResourceTag/project"
      values   = [var.project_name]
    }
  }
}

# The most that any role of this project can do, whatever its own policy says. The role that applies Terraform has exactly
# this, so it can't make a role that may do more, and it can't change this policy: that takes a person of the account.
resource "aws_iam_policy" "boundary" {
  name        = "${local.name}-boundary"
  description = "The most that roles of ${local.name} may do"
  policy      = data.aws_iam_policy_document.boundary.json
}

locals {
  mine         = "${local.name}-*"
  iam          = "arn:${local.partition}:iam::${local.account}"
  boundary_arn = "${local.iam}:policy/${local.name}-boundary"
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
    resources = [
      "arn:${local.partition}:s3:::${local.mine}",
      "arn:${local.partition}:ecr:${local.region_account}:repository/${local.name}/*",
      "arn:${local.partition}:eks:${local.region_account}:*/${local.name}*",
      "arn:${local.partition}:ecs:${local.region_account}:*/${local.name}*",
      "arn:${local.partition}:rds:${local.region_account}:*:${local.name}*",
      "arn:${local.partition}:logs:${local.region_account}:log-group:/${local.name}/*",
      "arn:${local.partition}:logs:${local.region_account}:log-group:/aws/eks/${local.name}/*",
      "arn:${local.partition}:lambda:${local.region_account}:function:${local.name}*",
      local.trail_arn,
      "arn:${local.partition}:secretsmanager:${local.region_account}:secret:${local.mine}",
      "arn:${local.partition}:secretsmanager:${local.region_account}:secret:rds!*", # RDS names its passwords itself
      "arn:${local.partition}:budgets::${local.account}:budget/${local.name}",
    ]
  }

  statement {
    sid       = "State"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
    resources = ["arn:${local.partition}:s3:::${var.state_bucket}", "arn:${local.partition}:s3:::${var.state_bucket}/${var.project_name}/${var.environment}/*"]
  }

  statement {
    sid = "WithoutNames"
    actions = [
      "ec2:*", "elasticloadbalancing:*", "autoscaling:*", "ecr:GetAuthorizationToken", "ecs:RegisterTaskDefinition",
      "ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition", "kms:CreateKey", "kms:ListAliases", "logs:DescribeLogGroups",
      "cloudtrail:DescribeTrails", "secretsmanager:GetRandomPassword", "eks:DescribeAddonVersions",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }
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
    actions   = ["iam:Get*", "iam:List*", "iam:PassRole", "iam:TagRole", "iam:UntagRole", "iam:DeleteRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"]
    resources = ["${local.iam}:role/${local.mine}", local.boundary_arn, "${local.iam}:oidc-provider/*"]
  }

  statement {
    sid       = "BoundedRoles"
    actions   = ["iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary"]
    resources = ["${local.iam}:role/${local.mine}"]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary_arn]
    }
  }

  statement {
    sid       = "ClusterProvider"
    actions   = ["iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider"]
    resources = ["${local.iam}:oidc-provider/oidc.eks.${var.region}.amazonaws.com/*"]
  }

  statement {
    sid       = "RolesOfAWS" # which AWS defines, and services make when they are first used
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.iam}:role/aws-service-role/*"]
  }
}

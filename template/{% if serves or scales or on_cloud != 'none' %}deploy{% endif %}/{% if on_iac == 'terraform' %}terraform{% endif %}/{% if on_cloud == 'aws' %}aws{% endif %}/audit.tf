# Who did what in this account: every management event, and every read and write of data and models.
locals {
  trail_arn = "arn:${local.partition}:cloudtrail:${local.region_account}:trail/${local.name}"
}

resource "aws_cloudtrail" "this" {
  #checkov:skip=CKV_AWS_252:alarms on events belong to the organization's security account
  count = var.audit_enabled ? 1 : 0

  name                          = local.name
  s3_bucket_name                = aws_s3_bucket.this["audit"].id
  kms_key_id                    = aws_kms_key.this["audit"].arn
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.audit[0].arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.service["trail"].arn

  event_selector {
    read_write_type           = "All"
    include_management_events = true

    data_resource {
      type   = "AWS::S3::Object"
      values = [for purpose in ["dvc", "mlflow"] : "${aws_s3_bucket.this[purpose].arn}/"]
    }
  }

  depends_on = [aws_s3_bucket_policy.this, aws_iam_role_policy.trail]
}

resource "aws_cloudwatch_log_group" "audit" {
  count = var.audit_enabled ? 1 : 0

  name              = "/${local.name}/audit"
  retention_in_days = var.retention_days
  kms_key_id        = aws_kms_key.this["audit"].arn
}

resource "aws_iam_role_policy" "trail" {
  count = var.audit_enabled ? 1 : 0

  name   = "write-log"
  role   = aws_iam_role.service["trail"].id
  policy = data.aws_iam_policy_document.trail[0].json
}

data "aws_iam_policy_document" "trail" {
  count = var.audit_enabled ? 1 : 0

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.audit[0].arn}:*"]
  }
}

# Buckets: data of DVC, artifacts of MLflow, the prediction log, access logs of these, the audit trail. All of them versioned, encrypted,
# closed to the public and to what comes without TLS.
locals {
  buckets = merge(
    { for purpose in ["dvc", "mlflow", "predictions"] : purpose => { key = "data", logged = true } },
    { access-logs = { key = null, logged = false } }, # S3 writes access logs with its own key only
    var.audit_enabled ? { audit = { key = "audit", logged = true } } : {},
  )
  log_writers = {
    "logging.s3.amazonaws.com"                       = "arn:${local.partition}:s3:::${local.name}-*"
    "logdelivery.elasticloadbalancing.amazonaws.com" = "arn:${local.partition}:elasticloadbalancing:${local.region_account}:loadbalancer/*"
  }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:a copy in a second region is a decision of the organization, and doubles the cost
  #checkov:skip=CKV2_AWS_62:nothing listens to events of these buckets
  #checkov:skip=CKV_AWS_18:all are logged but the bucket of the logs, which would log itself without end
  #checkov:skip=CKV_AWS_145:all have a KMS key but the bucket of access logs, which S3 can't write to with one
  for_each = local.buckets

  bucket        = "${local.name}-${each.key}-${local.account}"
  force_destroy = !var.protected
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    bucket_key_enabled = each.value.key != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = each.value.key == null ? "AES256" : "aws:kms"
      kms_master_key_id = each.value.key == null ? null : aws_kms_key.this[each.value.key].arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = { for purpose, bucket in local.buckets : purpose => bucket if bucket.logged }

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this["access-logs"].id
  target_prefix = "${each.key}/"

  # S3 asks the policy whether it may write there.
  depends_on = [aws_s3_bucket_policy.this]
}

# The newest version of data and models is never removed: DVC and the registry point to it for years.
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "former-versions"
    status = "Enabled"
    filter {}

    noncurrent_version_expiration {
      noncurrent_days = each.key == "predictions" ? 30 : var.retention_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = contains(["dvc", "mlflow"], each.key) ? ["cheaper"] : []

    content {
      id     = "cheaper"
      status = "Enabled"
      filter {}

      transition {
        days          = 30
        storage_class = "INTELLIGENT_TIERING" # moves what nobody reads to cheaper storage, and costs nothing to read
      }
    }
  }

  dynamic "rule" {
    for_each = { for purpose, days in { access-logs = var.retention_days, predictions = var.prediction_days } : "old" => days if purpose == each.key }

    content {
      id     = "old-logs"
      status = "Enabled"
      filter {}

      expiration {
        days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets

  bucket     = aws_s3_bucket.this[each.key].id
  policy     = data.aws_iam_policy_document.bucket[each.key].json
  depends_on = [aws_s3_bucket_public_access_block.this]
}

data "aws_iam_policy_document" "bucket" {
  for_each = local.buckets

  statement {
    sid       = "OnlyTLS"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this[each.key].arn, "${aws_s3_bucket.this[each.key].arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # An upload that names no key gets the bucket's; one that names another is refused.
  dynamic "statement" {
    for_each = each.value.key == null ? [] : [aws_kms_key.this[each.value.key].arn]

    content {
      sid       = "OnlyThisKey"
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = ["${aws_s3_bucket.this[each.key].arn}/*"]

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      condition {
        test     = "StringNotEqualsIfExists"
        variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        values   = [statement.value]
      }

      condition {
        test     = "Null"
        variable = "s3:x-amz-server-side-encryption"
        values   = ["false"]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "access-logs" ? local.log_writers : {}

    content {
      actions   = ["s3:PutObject"]
      resources = ["${aws_s3_bucket.this[each.key].arn}/*"]

      principals {
        type        = "Service"
        identifiers = [statement.key]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "audit" ? [local.trail_arn] : []

    content {
      sid       = "Trail"
      actions   = ["s3:GetBucketAcl", "s3:PutObject"]
      resources = [aws_s3_bucket.this[each.key].arn, "${aws_s3_bucket.this[each.key].arn}/AWSLogs/${local.account}/*"]

      principals {
        type        = "Service"
        identifiers = ["cloudtrail.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [statement.value]
      }
    }
  }
}

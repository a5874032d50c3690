# The service as a Lambda function, for a team with little traffic: it costs nothing while nobody asks. Callers sign their
# requests as AWS wants it, and give the service its key besides.
resource "aws_lambda_function" "endpoint" {
  #checkov:skip=CKV_AWS_117:it needs nothing of a network
  #checkov:skip=CKV_AWS_116:callers wait for the answer; there is nothing to keep of a failed one
  #checkov:skip=CKV_AWS_272:images are signed by the pipeline; Lambda's own signatures know archives only
  #checkov:skip=CKV_AWS_50:tracing is a decision of the organization
  count = var.endpoint_enabled ? 1 : 0

  function_name                  = local.name
  role                           = aws_iam_role.service["endpoint"].arn
  package_type                   = "Image"
  image_uri                      = var.endpoint_image
  memory_size                    = var.endpoint_memory_mb
  timeout                        = 30
  reserved_concurrent_executions = 10 # bounds what a flood of requests can cost
  kms_key_arn                    = aws_kms_key.this["data"].arn

  environment {
    variables = {
      AWS_LWA_PORT                 = "8000"
      AWS_LWA_READINESS_CHECK_PATH = "/health/ready"
      SERVE_API_KEYS               = join(",", var.endpoint_api_keys)
      SERVE_PREDICTION_LOG         = "/tmp/predictions" # the only folder that can be written to; it goes with the instance
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.endpoint[0].name
  }

  depends_on = [aws_iam_role_policy.endpoint]
}

resource "aws_lambda_function_url" "endpoint" {
  count = var.endpoint_enabled ? 1 : 0

  function_name      = aws_lambda_function.endpoint[0].function_name
  authorization_type = "AWS_IAM"
}

resource "aws_cloudwatch_log_group" "endpoint" {
  count = var.endpoint_enabled ? 1 : 0

  name              = "/${local.name}/endpoint"
  retention_in_days = var.retention_days
  kms_key_id        = aws_kms_key.this["data"].arn
}

resource "aws_iam_role_policy" "endpoint" {
  count = var.endpoint_enabled ? 1 : 0

  name   = "write-log"
  role   = aws_iam_role.service["endpoint"].id
  policy = data.aws_iam_policy_document.endpoint[0].json
}

data "aws_iam_policy_document" "endpoint" {
  count = var.endpoint_enabled ? 1 : 0

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.endpoint[0].arn}:*"]
  }
}

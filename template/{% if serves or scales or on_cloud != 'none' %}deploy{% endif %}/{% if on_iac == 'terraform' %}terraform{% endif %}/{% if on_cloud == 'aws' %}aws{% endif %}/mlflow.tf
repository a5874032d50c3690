# MLflow's server on Fargate, behind a load balancer that speaks TLS only. It hands out artifacts itself: clients need its
# password, not the bucket. Its image is built of ../mlflow/.
resource "aws_ecs_cluster" "this" {
  count = var.mlflow_enabled ? 1 : 0

  name = local.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  name              = "/${local.name}/mlflow"
  retention_in_days = var.retention_days
  kms_key_id        = aws_kms_key.this["data"].arn
}

# Terraform makes the place; the values are put there by hand (README.md), so that no state file has them.
resource "aws_secretsmanager_secret" "mlflow" {
  #checkov:skip=CKV2_AWS_57:a rotation would log everybody out; README.md says how to set new values
  count = var.mlflow_enabled ? 1 : 0

  name                    = "${local.name}-mlflow"
  description             = "MLflow's server: flask_key and admin_password"
  kms_key_id              = aws_kms_key.this["data"].arn
  recovery_window_in_days = var.protected ? 30 : 0
}

resource "aws_ecs_task_definition" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  family                   = "${local.name}-mlflow"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  execution_role_arn       = aws_iam_role.service["mlflow-start"].arn
  task_role_arn            = aws_iam_role.service["mlflow-task"].arn

  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([{
    name                   = "mlflow"
    image                  = var.mlflow_image
    essential              = true
    readonlyRootFilesystem = true
    portMappings           = [{ containerPort = 5000, hostPort = 5000, protocol = "tcp" }]
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    # ECS replaces a container that fails it, which then reads a rotated password; it ignores the check of the image.
    healthCheck = { command = ["CMD", "python", "/app/server.py", "check"], interval = 30, timeout = 10, retries = 3, startPeriod = 120 }
    environment = [
      { name = "ARTIFACTS", value = "s3://${aws_s3_bucket.this["mlflow"].id}/artifacts" },
      { name = "AWS_DEFAULT_REGION", value = var.region },
      { name = "DATABASE_HOST", value = aws_db_instance.mlflow[0].endpoint },
      { name = "MLFLOW_AUTH_ADMIN_USERNAME", value = "admin" },
      { name = "MLFLOW_SERVER_ALLOWED_HOSTS", value = var.mlflow_domain },
    ]
    secrets = [
      { name = "DATABASE_USER", valueFrom = "${aws_db_instance.mlflow[0].master_user_secret[0].secret_arn}:username::" },
      { name = "DATABASE_PASSWORD", valueFrom = "${aws_db_instance.mlflow[0].master_user_secret[0].secret_arn}:password::" },
      { name = "MLFLOW_AUTH_ADMIN_PASSWORD", valueFrom = "${aws_secretsmanager_secret.mlflow[0].arn}:admin_password::" },
      { name = "MLFLOW_FLASK_SERVER_SECRET_KEY", valueFrom = "${aws_secretsmanager_secret.mlflow[0].arn}:flask_key::" },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.mlflow[0].name
        awslogs-region        = var.region
        awslogs-stream-prefix = "mlflow"
      }
    }
  }])
}

resource "aws_ecs_service" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  name                              = "mlflow"
  cluster                           = aws_ecs_cluster.this[0].id
  task_definition                   = aws_ecs_task_definition.mlflow[0].arn
  desired_count                     = 1
  launch_type                       = "FARGATE"
  health_check_grace_period_seconds = 120

  network_configuration {
    subnets          = local.private_subnets
    security_groups  = [aws_security_group.this["mlflow"].id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.mlflow[0].arn
    container_name   = "mlflow"
    container_port   = 5000
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  depends_on = [aws_lb_listener.mlflow]
}

# -- what its roles may do ------------------------------------------------------------------------------------------------
resource "aws_iam_role_policy" "mlflow" {
  for_each = var.mlflow_enabled ? {
    mlflow-task  = data.aws_iam_policy_document.mlflow_task[0].json
    mlflow-start = data.aws_iam_policy_document.mlflow_start[0].json
  } : {}

  name   = each.key
  role   = aws_iam_role.service[each.key].id
  policy = each.value
}

data "aws_iam_policy_document" "mlflow_task" {
  count = var.mlflow_enabled ? 1 : 0

  statement {
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.this["mlflow"].arn}/*"]
  }

  statement {
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.this["mlflow"].arn]
  }

  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this["data"].arn]
  }
}

data "aws_iam_policy_document" "mlflow_start" {
  count = var.mlflow_enabled ? 1 : 0

  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.mlflow[0].arn, aws_db_instance.mlflow[0].master_user_secret[0].secret_arn]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this["data"].arn]
  }

  statement {
    actions   = ["ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.this["mlflow"].arn]
  }

  statement {
    actions   = ["ecr:GetAuthorizationToken"] # knows no resource
    resources = ["*"]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.mlflow[0].arn}:*"]
  }
}

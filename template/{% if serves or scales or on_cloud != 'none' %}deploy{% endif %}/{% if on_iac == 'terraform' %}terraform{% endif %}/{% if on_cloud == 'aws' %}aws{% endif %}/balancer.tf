# The door of MLflow's server, and who may go from where to where: clients -> load balancer -> server -> database.
resource "aws_lb" "mlflow" {
  #checkov:skip=CKV2_AWS_28:a web application firewall costs more than the server; addresses are limited and it asks for a password
  #checkov:skip=CKV_AWS_150:on with `protected`, which production can't do without
  #checkov:skip=CKV2_AWS_20:there is no listener without TLS that could redirect
  count = var.mlflow_enabled ? 1 : 0

  name_prefix                = "mlflow"
  load_balancer_type         = "application"
  internal                   = !var.mlflow_public
  subnets                    = var.mlflow_public ? local.public_subnets : local.private_subnets
  security_groups            = [aws_security_group.this["balancer"].id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.protected

  access_logs {
    enabled = true
    bucket  = aws_s3_bucket.this["access-logs"].id
    prefix  = "balancer"
  }

  depends_on = [aws_s3_bucket_policy.this]
}

resource "aws_lb_target_group" "mlflow" {
  #checkov:skip=CKV_AWS_378:the load balancer ends TLS; behind it only the server's security group is reached
  count = var.mlflow_enabled ? 1 : 0

  name_prefix = "mlflow"
  port        = 5000
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.this[0].id

  health_check {
    path    = "/health"
    matcher = "200"
  }
}

resource "aws_lb_listener" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  load_balancer_arn = aws_lb.mlflow[0].arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.mlflow_certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.mlflow[0].arn
  }
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:each is attached: to the load balancer, the server and the database
  for_each = var.mlflow_enabled ? {
    balancer = "MLflow's load balancer"
    mlflow   = "MLflow's server"
    database = "MLflow's database"
  } : {}

  name        = "${local.name}-${each.key}"
  description = "${local.name}: ${each.value}"
  vpc_id      = aws_vpc.this[0].id
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.mlflow_enabled ? toset(concat([var.vpc_cidr], var.mlflow_allowed_cidrs)) : []

  description       = "clients"
  security_group_id = aws_security_group.this["balancer"].id
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

locals {
  hops = var.mlflow_enabled ? {
    server   = { from = "balancer", to = "mlflow", port = 5000 }
    database = { from = "mlflow", to = "database", port = 5432 }
  } : {}
}

resource "aws_vpc_security_group_egress_rule" "hop" {
  for_each = local.hops

  description                  = "to the ${each.key}"
  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "hop" {
  for_each = local.hops

  description                  = "to the ${each.key}"
  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "aws" {
  count = var.mlflow_enabled ? 1 : 0

  description       = "the server to S3, ECR, Secrets Manager and the logs, by TLS"
  security_group_id = aws_security_group.this["mlflow"].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

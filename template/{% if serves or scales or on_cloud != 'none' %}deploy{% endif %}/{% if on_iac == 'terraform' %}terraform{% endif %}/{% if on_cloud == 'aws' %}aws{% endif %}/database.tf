# MLflow's database: runs, registry and users. Only the server reaches it, by TLS; RDS makes and rotates the password.
resource "aws_db_subnet_group" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  name       = "${local.name}-mlflow"
  subnet_ids = local.private_subnets
}

resource "aws_db_parameter_group" "mlflow" {
  count = var.mlflow_enabled ? 1 : 0

  name   = "${local.name}-mlflow"
  family = "postgres16"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }
}

resource "aws_db_instance" "mlflow" {
  #checkov:skip=CKV_AWS_157:a second zone doubles the cost, and a day without new runs stops no service; see README.md
  #checkov:skip=CKV_AWS_118:CloudWatch's own metrics do for a database of this size
  #checkov:skip=CKV_AWS_293:on with `protected`, which production can't do without
  count = var.mlflow_enabled ? 1 : 0

  identifier     = "${local.name}-mlflow"
  engine         = "postgres"
  engine_version = "16"
  instance_class = var.database_class
  db_name        = "mlflow"

  username                      = "mlflow"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.this["data"].arn

  storage_type          = "gp3"
  allocated_storage     = 20
  max_allocated_storage = 100
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.this["data"].arn

  publicly_accessible                 = false
  db_subnet_group_name                = aws_db_subnet_group.mlflow[0].name
  vpc_security_group_ids              = [aws_security_group.this["database"].id]
  parameter_group_name                = aws_db_parameter_group.mlflow[0].name
  ca_cert_identifier                  = "rds-ca-rsa2048-g1"
  iam_database_authentication_enabled = true

  backup_retention_period         = 14
  copy_tags_to_snapshot           = true
  deletion_protection             = var.protected
  skip_final_snapshot             = !var.protected
  final_snapshot_identifier       = "${local.name}-mlflow-last"
  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  performance_insights_kms_key_id = aws_kms_key.this["data"].arn
  enabled_cloudwatch_logs_exports = ["postgresql"]
}

# What moto, which stands in for AWS, does not remember of what it was told: without this a second plan would restore it.
# The test lays this file over a root module as `forgotten_override.tf`.
resource "aws_db_instance" "mlflow" {
  lifecycle {
    ignore_changes = [performance_insights_enabled, performance_insights_kms_key_id]
  }
}

resource "aws_db_parameter_group" "mlflow" {
  lifecycle {
    ignore_changes = [parameter]
  }
}

resource "aws_ecs_service" "mlflow" {
  lifecycle {
    ignore_changes = [availability_zone_rebalancing, health_check_grace_period_seconds]
  }
}

resource "aws_eks_cluster" "this" {
  lifecycle {
    ignore_changes = [access_config]
  }
}

resource "aws_eks_node_group" "this" {
  lifecycle {
    ignore_changes = [remote_access, scaling_config[0].desired_size, update_config]
  }
}

resource "aws_lambda_function" "endpoint" {
  lifecycle {
    ignore_changes = [image_config, logging_config]
  }
}

resource "aws_launch_template" "node" {
  lifecycle {
    ignore_changes = [tag_specifications]
  }
}

resource "aws_vpc_security_group_egress_rule" "hop" {
  lifecycle {
    ignore_changes = [description]
  }
}

resource "aws_vpc_security_group_ingress_rule" "hop" {
  lifecycle {
    ignore_changes = [description]
  }
}

# Access entries and add-ons moto does not know at all.
resource "aws_eks_access_entry" "person" {
  for_each = {}
}

resource "aws_eks_access_policy_association" "person" {
  for_each = {}
}

resource "aws_eks_addon" "network" {
  count = 0
}

# Names that several files use, and who and where we are.
data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  # Names of buckets end at 63 characters, so a long project name is cut, and a hash keeps it apart from others.
  long    = length(var.project_name) > 22
  project = local.long ? "${trimsuffix(substr(var.project_name, 0, 16), "-")}-${substr(sha256(var.project_name), 0, 5)}" : var.project_name
  name    = "${local.project}-${var.environment}"

  account        = data.aws_caller_identity.this.account_id
  partition      = data.aws_partition.this.partition
  region_account = "${var.region}:${local.account}"

  # As the overlays of deploy/k8s name it.
  namespace = coalesce(var.namespace, "${length(var.project_name) <= 52 ? var.project_name : "${substr(var.project_name, 0, 43)}-${substr(sha256(var.project_name), 0, 8)}"}-${var.environment}")
}

# The network, where something runs in it: two zones, a public and a private subnet in each. Databases and nodes are in
# the private ones, which reach the internet through one NAT gateway.
locals {
  has_network = var.cluster_enabled || var.mlflow_enabled
  zones       = local.has_network ? [for letter in var.zones : "${var.region}${letter}"] : []
  subnets = merge([for number, zone in local.zones : {
    "public-${number}"  = { zone = zone, cidr = cidrsubnet(var.vpc_cidr, 8, number), public = true }
    "private-${number}" = { zone = zone, cidr = cidrsubnet(var.vpc_cidr, 4, number + 1), public = false }
  }]...)
  public_subnets  = [for name, subnet in local.subnets : aws_subnet.this[name].id if subnet.public]
  private_subnets = [for name, subnet in local.subnets : aws_subnet.this[name].id if !subnet.public]
}

resource "aws_vpc" "this" {
  count = local.has_network ? 1 : 0

  cidr_block           = var.vpc_cidr
  enable_dns_hostnames = true
  tags                 = { Name = local.name }
}

# The group that AWS puts everything into that names none: nothing may come or go.
resource "aws_default_security_group" "this" {
  count = local.has_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
}

resource "aws_subnet" "this" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.value.zone
  cidr_block        = each.value.cidr

  tags = merge(
    { Name = "${local.name}-${each.key}" },
    each.value.public ? { "kubernetes.io/role/elb" = "1" } : { "kubernetes.io/role/internal-elb" = "1" },
  )
}

resource "aws_internet_gateway" "this" {
  count = local.has_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = { Name = local.name }
}

resource "aws_eip" "nat" {
  count = local.has_network ? 1 : 0

  domain = "vpc"
  tags   = { Name = local.name }
}

resource "aws_nat_gateway" "this" {
  count = local.has_network ? 1 : 0

  allocation_id = aws_eip.nat[0].id
  subnet_id     = aws_subnet.this["public-0"].id
  tags          = { Name = local.name }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "this" {
  for_each = local.has_network ? { public = true, private = false } : {}

  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${local.name}-${each.key}" }
}

resource "aws_route" "internet" {
  for_each = aws_route_table.this

  route_table_id         = each.value.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = each.key == "public" ? aws_internet_gateway.this[0].id : null
  nat_gateway_id         = each.key == "public" ? null : aws_nat_gateway.this[0].id
}

resource "aws_route_table_association" "this" {
  for_each = local.subnets

  subnet_id      = aws_subnet.this[each.key].id
  route_table_id = aws_route_table.this[each.value.public ? "public" : "private"].id
}

# Data and models go to S3 past the NAT gateway, which would cost by the gigabyte.
resource "aws_vpc_endpoint" "s3" {
  count = local.has_network ? 1 : 0

  vpc_id            = aws_vpc.this[0].id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.this : table.id]
  tags              = { Name = "${local.name}-s3" }
}

resource "aws_flow_log" "this" {
  count = local.has_network ? 1 : 0

  vpc_id          = aws_vpc.this[0].id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flow[0].arn
  iam_role_arn    = aws_iam_role.service["flow"].arn
}

resource "aws_cloudwatch_log_group" "flow" {
  count = local.has_network ? 1 : 0

  name              = "/${local.name}/flow"
  retention_in_days = var.retention_days
  kms_key_id        = aws_kms_key.this["data"].arn
}

resource "aws_iam_role_policy" "flow" {
  count = local.has_network ? 1 : 0

  name   = "write-log"
  role   = aws_iam_role.service["flow"].id
  policy = data.aws_iam_policy_document.flow[0].json
}

data "aws_iam_policy_document" "flow" {
  count = local.has_network ? 1 : 0

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.flow[0].arn}:*"]
  }
}

locals {
  document_bucket_arns = [
    for name in var.document_bucket_names : "arn:${data.aws_partition.current.partition}:s3:::${name}"
  ]
}

# The endpoint costs nothing and keeps document reads off the NAT gateway: private subnets reach S3
# without NAT.
#
# Its policy allows only the documents, because no other traffic uses it. Lambda fetches code and sends
# logs and traces from its own network, S3 calls KMS itself, and Elastic Load Balancing delivers the
# load balancer's logs: none of them use these route tables.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.private : table.id]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ReadDocuments"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = [for arn in local.document_bucket_arns : "${arn}/*"]
      },
      {
        Sid       = "ListDocuments"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:ListBucket"
        Resource  = local.document_bucket_arns
      },
    ]
  })

  tags = { Name = "${var.name}-s3" }
}

resource "aws_dynamodb_table" "orders" {
  name         = "harbour-orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_sqs_queue" "shipments" {
  name = "harbour-shipments"
}

output "queue_url" {
  description = "URL of the queue of shipments."
  value       = aws_sqs_queue.shipments.url
}

output "table" {
  description = "Name of the table of orders."
  value       = aws_dynamodb_table.orders.name
}

"""Stores an order, queues its shipment and asks the stock service in another Region."""

import json
import os
from typing import Any

import boto3


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    item = event["path"].rsplit("/", 1)[-1]
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item={"id": {"S": item}})
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=item)
    stock = boto3.client("lambda", region_name=os.environ["STOCK_REGION"]).invoke(
        FunctionName=os.environ["STOCK_FUNCTION"], Payload=json.dumps({"path": f"/{item}"})
    )
    body = {"order": item, "stock": json.loads(json.load(stock["Payload"])["body"])}
    return {
        "statusCode": 201,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }

"""The handler to compare with: one get_object per request."""

import json
import os
from typing import Any

import boto3

s3 = boto3.client("s3")
BUCKET = os.environ["BUCKET"]


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    name = event["path"].rsplit("/", 1)[-1]
    try:
        found = s3.get_object(Bucket=BUCKET, Key=f"{name}.json")
    except s3.exceptions.NoSuchKey:
        return answer(404, json.dumps({"error": "not found"}))
    return answer(200, found["Body"].read().decode())


def answer(status: int, body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}

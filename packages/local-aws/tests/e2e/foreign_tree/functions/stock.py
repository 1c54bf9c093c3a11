"""Answers with the stock of an item."""

import json
import os
from typing import Any


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    body = {"item": event["path"].rsplit("/", 1)[-1], "region": os.environ["AWS_REGION"]}
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }

"""A read-only REST API that serves JSON documents from S3.

app.py        routes and their answers
message.py    the load balancer's event and the answer to it
condition.py  conditional requests
cors.py       cross-origin requests
problem.py    errors in answers
documents.py  documents and the list of documents, through the cache
cache.py      cache in memory
content.py    a JSON text with its headers, plain and compressed
storage.py    documents in S3
log.py        one line of JSON for each request, with metrics in it
openapi.json  description of the API; also served
"""

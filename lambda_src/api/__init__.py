"""A read-only REST API that serves JSON documents from S3.

app.py        routes, and what each of them answers
message.py    the load balancer's event and the answer to it
condition.py  conditional requests
cors.py       what pages of other origins may read
problem.py    every error a client can meet
documents.py  documents and the list of them, as far as memory knows them
cache.py      that memory
content.py    what can be served, as it is and compressed
storage.py    the documents in S3
s3.py         the client
log.py        one line of JSON for each request, with metrics in it
openapi.json  the API for machines; served too
"""
